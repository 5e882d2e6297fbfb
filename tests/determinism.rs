//! The same configuration gives the same bytes, however it is carried out.

use tempfile::tempdir;

use crate::command::{content, run, small_config, sweep};

#[test]
fn samples_do_not_depend_on_the_number_of_threads() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 300);
    let one = dir.path().join("one");
    assert!(sweep(&config, &one, &["--jobs", "1"]).status.success());
    for jobs in ["2", "8", "40"] {
        let many = dir.path().join(jobs);
        assert!(sweep(&config, &many, &["--jobs", jobs]).status.success());
        assert_eq!(content(&one), content(&many), "{jobs} threads");
    }
}

#[test]
fn merged_shards_are_the_whole() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 100);
    let whole = dir.path().join("whole");
    assert!(sweep(&config, &whole, &[]).status.success());
    let shards: Vec<_> = (1..=4).map(|i| dir.path().join(format!("shard{i}"))).collect();
    for (i, shard) in shards.iter().enumerate() {
        assert!(sweep(&config, shard, &["--shard", &format!("{}/4", i + 1)]).status.success());
    }
    let merged = dir.path().join("merged");
    let mut arguments: Vec<_> = vec!["merge".into()];
    arguments.extend(shards.iter().rev().map(|s| s.clone().into_os_string()));
    arguments.extend(["--out".into(), merged.clone().into_os_string()]);
    assert!(run(&arguments).status.success());
    assert_eq!(content(&whole), content(&merged));
}

#[test]
fn merge_refuses_what_is_not_whole() {
    let dir = tempdir().unwrap();
    let config = small_config(dir.path(), 20);
    let part = |i: usize| dir.path().join(format!("part{i}"));
    for i in 1..=2 {
        assert!(sweep(&config, &part(i), &["--shard", &format!("{i}/3")]).status.success());
    }
    let out = dir.path().join("out");
    let merge = |parts: &[usize]| {
        let mut arguments = vec!["merge".into()];
        arguments.extend(parts.iter().map(|i| part(*i).into_os_string()));
        arguments.extend(["--out".into(), out.clone().into_os_string()]);
        crate::command::stderr(&run(&arguments))
    };
    assert!(merge(&[1, 2]).contains("shard 3/3 is missing"));
    assert!(merge(&[1, 1]).contains("shard 1/3 is given twice"));
    assert!(merge(&[7]).contains("is not the output of a sweep"));
    let samples = part(1).join("samples/Landscape-v0.csv");
    let whole = std::fs::read(&samples).unwrap();
    std::fs::write(&samples, [&whole[..], b"more\n"].concat()).unwrap();
    assert!(merge(&[1, 2]).contains("is not as its sweep left it"));
    std::fs::write(&samples, whole).unwrap();
    let inside = run(&["merge".as_ref(), part(1).as_os_str(), "--out".as_ref(), part(1).as_os_str()]);
    assert!(crate::command::stderr(&inside).contains("is one of the shards"));
}
