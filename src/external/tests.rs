//! How commands are split, and what a configuration must say.

#![allow(clippy::unwrap_used, reason = "a failed test may panic anywhere")]

use rl_env::registry::AgentConfig;
use rl_env::seed::Seed;

use super::*;

fn split(text: &str) -> Vec<String> {
    Words::Text(text.into()).split().unwrap()
}

#[test]
fn a_command_is_split_as_a_shell_would() {
    assert_eq!(split("python3 a.py --x 1"), ["python3", "a.py", "--x", "1"]);
    assert_eq!(split(r#"'my prog' "a b"c d\ e '$HOME' ''"#), ["my prog", "a bc", "d e", "$HOME", ""]);
    let list = Words::List(vec!["a b".into(), "c'd".into()]);
    assert_eq!(list.split().unwrap(), ["a b", "c'd"]);
}

#[test]
fn a_command_that_is_missing_or_broken_is_refused_by_key() {
    let space = Arc::new(DesignSpace::new(vec![Parameter::bool("x")]).unwrap());
    for (command, expected) in [
        (Words::Text(String::new()), "is missing"),
        (Words::Text("  ".into()), "is missing"),
        (Words::List(Vec::new()), "is missing"),
        (Words::List(vec![String::new(), "x".into()]), "is missing"),
        (Words::Text("a 'b".into()), "not closed"),
        (Words::Text("no-such-program-anywhere".into()), "cannot start `no-such-program-anywhere`"),
    ] {
        let context = Context { space: Arc::clone(&space), seed: Seed(1), budget: 1, axes: 0 };
        let built = Config { command, ..Config::default() }.build(context);
        let Err(Error::Config { key, problem }) = built else { panic!("not refused: {expected}") };
        assert_eq!(key, "command");
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn messages_look_as_documented() {
    let write = |request: &Request| serde_json::to_string(request).unwrap();
    assert_eq!(write(&Request::Ask { n: 3 }), r#"{"ask":{"n":3}}"#);
    assert_eq!(write(&Request::Stop {}), r#"{"stop":{}}"#);
    let read = |text: &str| serde_json::from_str::<Reply>(text).unwrap();
    let ready = Reply::Ready { name: "x".into(), version: String::new() };
    assert_eq!(read(r#"{"ready": {"name": "x", "later": 1}}"#), ready);
    assert_eq!(read(r#"{"designs": [{"x": true}]}"#), Reply::Designs(vec![serde_json::json!({"x": true})]));
    assert_eq!(read(r#"{"ok": {}}"#), Reply::Ok(serde_json::json!({})));
    assert_eq!(read(r#"{"error": "no"}"#), Reply::Error("no".into()));
}
