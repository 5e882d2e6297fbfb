//! A child process that answers lines with lines.
//!
//! Three threads serve its pipes, so that a child that neither reads nor writes cannot hold us beyond the time-out.
//! It leads a process group of its own: whatever it has started ends with it.

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

/// Longest line read. Nothing that an agent has to say is longer.
const MOST_BYTES: u64 = 64 << 20;
/// How often a waiting search looks whether the child is still there.
const TICK: Duration = Duration::from_millis(100);
/// How long a child may take to end after its last message, and to leave its last words.
const GRACE: Duration = Duration::from_secs(2);
/// Last lines of standard error that an error message shows.
const LAST_WORDS: usize = 6;
/// Characters shown of a line.
const SHOWN: usize = 300;

/// The children of this program.
#[derive(Default)]
struct Children {
    alive: BTreeSet<u32>,
    /// The program is about to end and starts none any more.
    ended: bool,
}

static CHILDREN: Mutex<Children> = Mutex::new(Children { alive: BTreeSet::new(), ended: false });

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills every child and lets no other start; for a program that was told to end.
pub fn end_all() {
    let mut children = locked(&CHILDREN);
    children.ended = true;
    children.alive.iter().for_each(|id| kill_group(*id));
}

#[cfg(unix)]
fn kill_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32) {}

/// A running child.
pub(super) struct Process {
    child: Child,
    /// The command, for messages.
    shown: String,
    to: Option<Sender<String>>,
    from: Receiver<Result<String, String>>,
    stderr: Arc<Mutex<VecDeque<String>>>,
    /// Closed once standard error is.
    silent: Receiver<()>,
    /// Nothing more will be said to it.
    over: bool,
}

impl Process {
    /// Starts a program with its arguments, the first word being the program.
    pub(super) fn start(words: &[String]) -> Result<Self, String> {
        let (program, arguments) = words.split_first().ok_or("the command is empty")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = {
            let mut children = locked(&CHILDREN);
            if children.ended {
                return Err("the program is ending".into());
            }
            let child = command.spawn().map_err(|error| format!("cannot start `{program}`: {error}"))?;
            children.alive.insert(child.id());
            child
        };
        let (to, lines) = unbounded();
        let (answers, from) = unbounded();
        let (silence, silent) = unbounded();
        let stderr = Arc::new(Mutex::new(VecDeque::new()));
        if let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        {
            let last = Arc::clone(&stderr);
            std::thread::spawn(move || write_lines(input, &lines));
            std::thread::spawn(move || read_lines(output, &answers));
            std::thread::spawn(move || keep_last_lines(errors, &last, silence));
        }
        Ok(Self { child, shown: words.join(" "), to: Some(to), from, stderr, silent, over: false })
    }

    /// Says a line and waits for the answer. After an error the child is gone.
    ///
    /// `what` names the message in errors.
    pub(super) fn exchange(
        &mut self,
        what: &str,
        line: String,
        patience: Duration,
    ) -> Result<String, String> {
        if self.over {
            return Err(format!("`{}` has ended", self.shown));
        }
        if let Some(to) = &self.to {
            // If the writer is gone so is the child, and waiting finds out.
            let _ = to.send(line);
        }
        let deadline = Instant::now() + patience;
        let mut gone = false;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.from.recv_timeout(left.min(TICK)) {
                Ok(Ok(line)) => return Ok(line),
                Ok(Err(problem)) => return Err(self.fail(&format!("answered `{what}` with {problem}"))),
                Err(RecvTimeoutError::Disconnected) => return Err(self.ended_early(what)),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => {
                    let seconds = patience.as_secs_f64();
                    return Err(self.fail(&format!("did not answer `{what}` within {seconds} s")));
                }
                // Its own children may hold the pipe open; a last answer may be on its way.
                Err(RecvTimeoutError::Timeout) if gone => return Err(self.ended_early(what)),
                Err(RecvTimeoutError::Timeout) => gone = self.status().is_some(),
            }
        }
    }

    /// The error about an answer that makes no sense; the child is ended.
    pub(super) fn fail(&mut self, problem: &str) -> String {
        self.end();
        format!("`{}` {problem}{}", clipped(&self.shown), self.last_words())
    }

    fn ended_early(&mut self, what: &str) -> String {
        let deadline = Instant::now() + GRACE;
        while self.status().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        let how = match self.status() {
            Some(status) => format!("ended ({status}) before it answered `{what}`"),
            None => format!("closed its standard output before it answered `{what}`"),
        };
        self.fail(&how)
    }

    fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// What the child last wrote to standard error, on one line.
    fn last_words(&self) -> String {
        let _ = self.silent.recv_timeout(GRACE);
        let lines = locked(&self.stderr);
        let words: Vec<String> = lines.iter().map(|line| clipped(line)).collect();
        if words.is_empty() { String::new() } else { format!("; it said: {}", words.join(" | ")) }
    }

    /// Says a last line and lets the child end by itself.
    pub(super) fn stop(&mut self, line: String) {
        if self.over {
            return;
        }
        if let Some(to) = self.to.take() {
            let _ = to.send(line);
        }
        let deadline = Instant::now() + GRACE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.from.recv_timeout(left.min(TICK)) {
                Err(RecvTimeoutError::Disconnected) => break,
                _ if left.is_zero() => break,
                _ => {}
            }
        }
        while self.status().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.end();
    }

    /// Kills the child and all that it started.
    fn end(&mut self) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.to = None;
        kill_group(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
        locked(&CHILDREN).alive.remove(&self.child.id());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

/// At most so many characters, none of them a control character.
pub(super) fn clipped(text: &str) -> String {
    let mut shown: String =
        text.trim().chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.trim().chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}

fn write_lines(mut input: ChildStdin, lines: &Receiver<String>) {
    for line in lines {
        let sent = input.write_all(line.as_bytes()).and_then(|()| input.write_all(b"\n"));
        if sent.and_then(|()| input.flush()).is_err() {
            return;
        }
    }
}

fn read_lines(output: ChildStdout, answers: &Sender<Result<String, String>>) {
    let mut output = BufReader::with_capacity(1 << 16, output);
    loop {
        let mut line = Vec::new();
        match output.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let answer = match line.pop() {
            Some(b'\n') => String::from_utf8(line).map_err(|_| "a line that is not UTF-8 text".to_owned()),
            _ if line.len() as u64 + 1 == MOST_BYTES => {
                Err(format!("a line of more than {} MiB", MOST_BYTES >> 20))
            }
            _ => return,
        };
        let last = answer.is_err();
        if answers.send(answer).is_err() || last {
            return;
        }
    }
}

/// Reads to the end, so that the child never waits for us, and keeps the last lines.
fn keep_last_lines(errors: ChildStderr, last: &Mutex<VecDeque<String>>, _silence: Sender<()>) {
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    while errors.by_ref().take(1 << 16).read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line).trim().to_owned();
        line.clear();
        if text.is_empty() {
            continue;
        }
        let mut last = locked(last);
        if last.len() == LAST_WORDS {
            last.pop_front();
        }
        last.push_back(text);
    }
}
