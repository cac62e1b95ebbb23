//! `dynamo trace drive`: takes the steps of traces in another world than the model.

use super::super::Failure;
use super::{all_read, named, read_or_say};
use crate::output::{self, say};
use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use dynamo::drive::processes::Processes;
use dynamo::drive::{Scene, drive};
use dynamo::explorer::Location;
use dynamo::simulation::machines::SimulatedMachines;
use dynamo_invariants::notation::words;
use dynamo_invariants::scope::write_set::WriteSet;
use dynamo_invariants::trace::Trace;
use serde_json::json;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  dynamo trace drive 1 --in simulator                   number 1 of the gallery, on simulated nodes
  dynamo trace drive 1 --in processes                   on real processes, over UDP
  dynamo trace drive counterexamples/*.json --in model  the same as dynamo trace replay

The driver leads real nodes along the trace: it delivers or loses each message, fires each timer,
and kills and restarts nodes as the trace says. After every step it compares the nodes, the clients
and the messages in flight with the model, and stops at the first difference.
Exit codes: 0 every trace goes as in the model; 1 a trace does not; 2 a file is no valid trace.";

/// Take the steps of traces on simulated or real nodes, and compare each step with the model
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// The traces: files, or what dynamo defects takes, such as 22 or I8
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Where to take the steps
    #[arg(long = "in", value_enum, value_name = "WORLD")]
    world: World,
    /// Print {"traces": [..]}
    #[arg(long)]
    json: bool,
}

/// Where a trace is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum World {
    /// The checker's model, which is compared with the digests in the file
    Model,
    /// The server of dynamo node, on a simulated network and simulated disks
    Simulator,
    /// A process for each node, with UDP sockets and real disks
    Processes,
    /// The explorer: does it show the end of the trace at the address that links name?
    Explorer,
}

impl World {
    /// Takes the steps of a trace, and compares each. Returns the acknowledged puts that are on no
    /// disk afterwards.
    pub(super) fn drive(self, trace: &Trace) -> anyhow::Result<WriteSet> {
        let lost = match self {
            World::Model => trace.replay().map(|_| WriteSet::EMPTY)?,
            World::Explorer => match Location::fault_of(trace) {
                None => WriteSet::EMPTY,
                Some(why) => return Err(anyhow!(why)),
            },
            World::Simulator => drive(trace, |scene| Ok(SimulatedMachines::new(scene)))?,
            World::Processes => {
                let folder = tempfile::Builder::new().prefix("dynamo-drive-").tempdir();
                let folder = folder.context("no folder for the data of the nodes")?;
                let (program, text) = (program()?, trace.to_json());
                let begin =
                    |scene: &Scene| Processes::prepare(scene, &text, &program, folder.path());
                drive(trace, begin)?
            }
        };
        Ok(lost)
    }
}

/// The names of lost puts; `None`: there are none.
pub(super) fn names(lost: WriteSet) -> Option<String> {
    let names: Vec<String> = lost.iter().map(|write| write.to_string()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The program that runs a node. It is beside this one.
fn program() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let name = format!("dynamo-driven-node{}", std::env::consts::EXE_SUFFIX);
    let program = own.with_file_name(name);
    let hint = "build it with: cargo build --features dynamo/driven";
    anyhow::ensure!(program.exists(), "there is no {}: {hint}", program.display());
    Ok(program)
}

pub(super) fn run(Arguments { files, world, json: as_json }: &Arguments) -> Result<(), Failure> {
    let mut shown = Vec::new();
    let (mut failed, mut unread) = (0, 0);
    let found = files.iter().filter_map(|word| read_or_say(named::sources(word), &mut unread));
    for source in found.collect::<Vec<_>>().into_iter().flatten() {
        if output::is_closed() {
            break;
        }
        let Some((file, trace)) = read_or_say(source.read(), &mut unread) else { continue };
        let driven = world.drive(&trace).map(names).map_err(|error| format!("{error:#}"));
        failed += usize::from(driven.is_err());
        if !as_json {
            let steps = words::counted(trace.steps.len(), "step");
            let verdict = match &driven {
                Ok(None) => "as in the model".to_owned(),
                Ok(Some(lost)) => format!("as in the model; acknowledged, and on no disk: {lost}"),
                Err(why) => format!("DIFFERS: {why}"),
            };
            say!("{}: {steps}, {verdict}", file.display());
        }
        let (why, lost) = (driven.as_ref().err(), driven.as_ref().ok().and_then(Option::as_ref));
        shown.push(json!({
            "file": file, "as_in_model": why.is_none(), "steps": trace.steps.len(), "why": why,
            "lost": lost,
        }));
    }
    let count = shown.len();
    if *as_json {
        say!("{:#}", json!({ "traces": shown }));
    }
    all_read(unread)?;
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::Operation(anyhow!("{failed} of {count} traces do not go as in the model")))
}
