//! The fields of a page's form, as a browser would send them.

/// The names and values of the fields of the first form of this class.
pub(crate) fn fields_of(page: &str, class: &str) -> Vec<(String, String)> {
    let begin = format!("<form class=\"{class}\"");
    let (_, form) = page.split_once(&begin).unwrap_or_else(|| panic!("no form in {page}"));
    let (form, _) = form.split_once("</form>").expect("an end");
    let mut fields = Vec::new();
    // The first option of a list is chosen unless another says so.
    let mut is_open = false;
    for element in form.split('<') {
        let (tag, rest) = element.split_once('>').unwrap_or((element, ""));
        let name = attribute(tag, "name");
        if tag.starts_with("input") {
            let is_sent = !tag.contains("type=\"checkbox\"") && !tag.contains("type=\"radio\"")
                || tag.contains(" checked");
            fields.extend(name.filter(|_| is_sent).map(|name| (name, value(tag))));
        } else if tag.starts_with("textarea") {
            let text = unescaped(rest.strip_prefix('\n').unwrap_or(rest));
            fields.extend(name.map(|name| (name, text.replace('\n', "\r\n"))));
        } else if tag.starts_with("select") {
            fields.extend(name.map(|name| (name, String::new())));
            is_open = true;
        } else if tag.starts_with("option")
            && (is_open || tag.contains(" selected"))
            && let Some(last) = fields.last_mut()
        {
            last.1 = value(tag);
            is_open = false;
        }
    }
    fields
}

/// Sets a field; all of its values.
pub(crate) fn set(fields: &mut [(String, String)], name: &str, value: &str) {
    let mut found = false;
    for field in fields.iter_mut().filter(|(given, _)| given == name) {
        value.clone_into(&mut field.1);
        found = true;
    }
    assert!(found, "{name} is no field");
}

/// The fields as forms are made of them.
pub(crate) fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn value(tag: &str) -> String {
    attribute(tag, "value").unwrap_or_default()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescaped(rest.split('"').next()?))
}

/// Text without character references by number, which are the only ones of our pages.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("&#");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (number, rest) = part.split_once(';').expect("a reference");
        plain.push(char::from_u32(number.parse().expect("a number")).expect("a character"));
        plain.push_str(rest);
    }
    plain
}
