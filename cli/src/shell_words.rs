//! Lines of a shell, for the tests of what can be typed.

/// The words of a line, as a shell makes them; without what is behind a pipe or a redirection.
pub(crate) fn words(line: &str) -> Vec<String> {
    let line = [" | ", " > ", " < "].iter().fold(line, |line, end| match line.split_once(end) {
        Some((before, _)) => before,
        None => line,
    });
    let script = format!(
        "grapnel() {{ printf '%s\\n' grapnel \"$@\"; }}\nWEBHOOK=wh_1 DELIVERY=dlv_1 KEY_ID=key_1 EVENT=evt_1\n{line}"
    );
    let output = std::process::Command::new("sh").args(["-c", &script]).output();
    let output = output.expect("a shell").stdout;
    String::from_utf8(output).expect("text").lines().map(str::to_owned).collect()
}
