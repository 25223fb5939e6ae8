//! How an answer is declared.

/// Declares the JSON object of an answer.
///
/// A field is `required`, `defaulted` (required of the API, but not of one that is older than the client),
/// `optional` (absent without a value), `several` (a list, absent if it is empty)
/// or a `flag` (absent unless `true`). Behind its type stands its schema, in the words of `shape`, and what it means.
macro_rules! answer {
    (
        $(#[$meta:meta])*
        $name:ident: $about:literal { $($fields:tt)* }
        $(example $example:expr;)?
        $(properties $properties:expr;)?
    ) => {
        answer!(@struct [$(#[$meta])* $name $about] {} $($fields)*);

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> $crate::shape::Shape {
                use $crate::shape::*;
                let fields = object($about);
                $(let fields = fields.with_example($example);)?
                $(let fields = fields.of_number($properties);)?
                answer!(@schema fields $($fields)*).into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
        }
    };

    (@struct [$(#[$meta:meta])* $name:ident $about:literal] { $($done:tt)* }) => {
        #[doc = $about]
        $(#[$meta])*
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($done)* }
    };
    (@struct $head:tt { $($done:tt)* }
        required $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*
    ) => {
        answer!(@struct $head { $($done)* #[doc = $text] pub $field: $ty, } $($rest)*);
    };
    (@struct $head:tt { $($done:tt)* }
        optional $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*
    ) => {
        answer!(@struct $head {
            $($done)*
            #[doc = $text]
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub $field: Option<$ty>,
        } $($rest)*);
    };
    (@struct $head:tt { $($done:tt)* }
        defaulted $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*
    ) => {
        answer!(@struct $head {
            $($done)*
            #[doc = $text]
            #[serde(default)]
            pub $field: $ty,
        } $($rest)*);
    };
    (@struct $head:tt { $($done:tt)* }
        several $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*
    ) => {
        answer!(@struct $head {
            $($done)*
            #[doc = $text]
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub $field: Vec<$ty>,
        } $($rest)*);
    };
    (@struct $head:tt { $($done:tt)* } flag $field:ident, $text:expr; $($rest:tt)*) => {
        answer!(@struct $head {
            $($done)*
            #[doc = $text]
            #[serde(default, skip_serializing_if = "std::ops::Not::not")]
            pub $field: bool,
        } $($rest)*);
    };

    (@schema $fields:ident) => { $fields.done() };
    (@schema $fields:ident required $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*) => {{
        let fields = $fields.required(&$crate::camel::camel(stringify!($field)), $shape, $text);
        answer!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident optional $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*) => {{
        let fields = $fields.maybe(&$crate::camel::camel(stringify!($field)), $shape, $text);
        answer!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident defaulted $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*) => {{
        let fields = $fields.required(&$crate::camel::camel(stringify!($field)), $shape, $text);
        answer!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident several $field:ident: $ty:ty = $shape:expr, $text:expr; $($rest:tt)*) => {{
        let shape = list_of_any_length($shape);
        let fields = $fields.maybe(&$crate::camel::camel(stringify!($field)), shape, $text);
        answer!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident flag $field:ident, $text:expr; $($rest:tt)*) => {{
        let fields = $fields.maybe(&$crate::camel::camel(stringify!($field)), only_true(), $text);
        answer!(@schema fields $($rest)*)
    }};
}
