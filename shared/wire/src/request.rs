//! How a request is declared.

/// Declares the JSON object of a request.
///
/// A field is `required` or `optional`; `null` is the same as leaving it out. Behind its type stands its
/// kind, in the words of `kind`, which reads and describes it, and what it means. `for_user;` is the
/// field by which an admin names a user, `ignored x;` a field that may be sent back and has no effect,
/// `not_both x, y;` says of two options that only one may be given, and `bounded x, BOUNDS;` checks a
/// number after all fields.
macro_rules! request {
    (
        $(#[$meta:meta])*
        $name:ident: $about:literal { $($fields:tt)* }
        $(example $example:expr;)?
    ) => {
        request!(@struct [$(#[$meta])* $name $about] {} $($fields)*);

        #[cfg(feature = "read")]
        impl $crate::read::Request for $name {
            const NAME: &str = stringify!($name);

            fn names() -> $crate::read::Names {
                let mut names = $crate::read::Names::default();
                request!(@names names $($fields)*);
                names
            }

            fn read_fields(fields: &mut $crate::read::Fields<'_, '_>) -> Self {
                use $crate::kind::*;
                // A request without fields of its own names no kind.
                let _: (fn() -> Flag, &$crate::read::Fields<'_, '_>) = (flag, fields);
                request!(@read fields {} {} $($fields)*)
            }

            #[cfg(feature = "openapi")]
            fn describe(as_patch: bool) -> utoipa::openapi::Object {
                use $crate::kind::*;
                let _: fn() -> Flag = flag;
                let fields = $crate::shape::object($about);
                $(let fields = fields.with_example($example);)?
                let fields = $crate::read::Description::new(fields, as_patch);
                request!(@schema fields $($fields)*)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $name {
            fn schema() -> $crate::shape::Shape {
                <Self as $crate::read::Request>::describe(false).into()
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
        #[derive(Clone, serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name { $($done)* }
    };
    (@struct $head:tt { $($done:tt)* } for_user; $($rest:tt)*) => {
        request!(@struct $head {
            $($done)*
            #[doc = "The user to act for, with an admin key."]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub user_id: Option<String>,
        } $($rest)*);
    };
    (@struct $head:tt { $($done:tt)* }
        required $field:ident: $ty:ty = $kind:expr, $text:expr; $($rest:tt)*
    ) => {
        request!(@struct $head { $($done)* #[doc = $text] pub $field: $ty, } $($rest)*);
    };
    (@struct $head:tt { $($done:tt)* }
        optional $field:ident: $ty:ty = $kind:expr, $text:expr; $($rest:tt)*
    ) => {
        request!(@struct $head {
            $($done)*
            #[doc = $text]
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $field: Option<$ty>,
        } $($rest)*);
    };
    (@struct $head:tt $done:tt $rule:ident $field:ident $(, $other:ident)?; $($rest:tt)*) => {
        request!(@struct $head $done $($rest)*);
    };

    (@names $names:ident) => {};
    (@names $names:ident for_user; $($rest:tt)*) => {
        $names.known.push("userId".to_owned());
        request!(@names $names $($rest)*);
    };
    (@names $names:ident $need:ident $field:ident: $ty:ty = $kind:expr, $text:expr; $($rest:tt)*) => {
        $names.known.push($crate::camel::camel(stringify!($field)));
        request!(@names $names $($rest)*);
    };
    (@names $names:ident ignored $field:ident; $($rest:tt)*) => {
        $names.ignored.push($crate::camel::camel(stringify!($field)));
        request!(@names $names $($rest)*);
    };
    (@names $names:ident $rule:ident $field:ident $(, $other:ident)?; $($rest:tt)*) => {
        request!(@names $names $($rest)*);
    };

    (@read $fields:ident { $($done:tt)* } { $($after:tt)* }) => {{
        let read = Self { $($done)* };
        $($after)*
        read
    }};
    (@read $fields:ident { $($done:tt)* } $after:tt for_user; $($rest:tt)*) => {
        request!(@read $fields { $($done)* user_id: None, } $after $($rest)*)
    };
    (@read $fields:ident { $($done:tt)* } $after:tt
        required $field:ident: $ty:ty = $kind:expr, $text:expr; $($rest:tt)*
    ) => {
        request!(@read $fields {
            $($done)*
            $field: $fields.required(&$crate::camel::camel(stringify!($field)), &$kind),
        } $after $($rest)*)
    };
    (@read $fields:ident { $($done:tt)* } $after:tt
        optional $field:ident: $ty:ty = $kind:expr, $text:expr; $($rest:tt)*
    ) => {
        request!(@read $fields {
            $($done)*
            $field: $fields.optional(&$crate::camel::camel(stringify!($field)), &$kind),
        } $after $($rest)*)
    };
    (@read $fields:ident $done:tt $after:tt ignored $field:ident; $($rest:tt)*) => {
        request!(@read $fields $done $after $($rest)*)
    };
    (@read $fields:ident $done:tt $after:tt not_both $field:ident, $other:ident; $($rest:tt)*) => {{
        let names = [stringify!($field), stringify!($other)].map($crate::camel::camel);
        $fields.not_both(&names[0], &names[1]);
        request!(@read $fields $done $after $($rest)*)
    }};
    (@read $fields:ident $done:tt { $($after:tt)* } bounded $field:ident, $range:ident; $($rest:tt)*) => {
        request!(@read $fields $done {
            $($after)*
            $fields.bounded(&$crate::camel::camel(stringify!($field)), &$range);
        } $($rest)*)
    };

    (@schema $fields:ident) => { $fields.done() };
    (@schema $fields:ident for_user; $($rest:tt)*) => {{
        let fields = $fields.for_user();
        request!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident required $field:ident: $ty:ty = $kind:expr, $text:expr; $($rest:tt)*) => {{
        let kind = $crate::read::of::<$ty, _>($kind);
        let fields = $fields.required(&$crate::camel::camel(stringify!($field)), &kind, $text);
        request!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident optional $field:ident: $ty:ty = $kind:expr, $text:expr; $($rest:tt)*) => {{
        let kind = $crate::read::of::<$ty, _>($kind);
        let fields = $fields.optional(&$crate::camel::camel(stringify!($field)), &kind, $text);
        request!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident ignored $field:ident; $($rest:tt)*) => {{
        let fields = $fields.ignored(&$crate::camel::camel(stringify!($field)));
        request!(@schema fields $($rest)*)
    }};
    (@schema $fields:ident bounded $field:ident, $range:ident; $($rest:tt)*) => {
        request!(@schema $fields $($rest)*)
    };
    (@schema $fields:ident not_both $field:ident, $other:ident; $($rest:tt)*) => {{
        let names = [stringify!($field), stringify!($other)].map($crate::camel::camel);
        let fields = $fields.not_both(&names[0], &names[1]);
        request!(@schema fields $($rest)*)
    }};
}
