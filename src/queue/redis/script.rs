//! The scripts: each changes several keys at once, so no crash can leave a job half moved.

use redis::{Script, ScriptInvocation};

/// Every script. Arguments and answers are told at the head of each file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    Push,
    PushAfter,
    Tend,
    Deliver,
    Extend,
    Ack,
    GiveBack,
    Dead,
    Redrive,
    Stats,
    RemoveConsumers,
}

/// The scripts with the keys they work on.
#[derive(Debug)]
pub(super) struct Scripts {
    keys: [String; 6],
    /// In the order of [`Act`].
    scripts: [Script; 11],
}

macro_rules! scripts {
    ($($name:literal),*) => {
        [$(Script::new(concat!(include_str!("lua/prelude.lua"), include_str!(concat!("lua/", $name, ".lua"))))),*]
    };
}

impl Scripts {
    /// Keys are `<prefix>:{queue}:<name>`: the braces keep them in one slot of a Redis Cluster.
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            keys: ["jobs", "rung", "delayed", "tries", "dead", "letters"].map(|name| format!("{prefix}:{{queue}}:{name}")),
            scripts: scripts![
                "push",
                "push_after",
                "tend",
                "deliver",
                "extend",
                "ack",
                "give_back",
                "dead",
                "redrive",
                "stats",
                "remove_consumers"
            ],
        }
    }

    /// The stream of jobs.
    pub(super) fn jobs_key(&self) -> &str {
        &self.keys[0]
    }

    /// A call of one script, with its keys and without arguments yet.
    pub(super) fn call(&self, act: Act) -> ScriptInvocation<'_> {
        let mut invocation = self.scripts[act as usize].prepare_invoke();
        for key in &self.keys {
            invocation.key(key);
        }
        invocation
    }
}
