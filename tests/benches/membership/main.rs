//! `cargo bench -p dynamo-benchmarks --bench membership`: how soon all nodes know of a change, the
//! cost, and how evenly the ring spreads keys, from 10 to 1,000 nodes. Nodes are the actors that
//! are checked and run, with a simulated clock (`world.rs`).

mod world;

use anyhow::Result;
use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use dynamo_model::config::Config;
use dynamo_model::ids::{ClientId, Key, NodeId, RequestId};
use dynamo_model::membership::History;
use dynamo_model::message::Message;
use dynamo_model::node::Node;
use dynamo_model::ring::Ring;
use dynamo_model::rules::Rules;
use dynamo_model::wish::Wish;
use plotters::prelude::*;
use serde::Serialize;
use stateright::actor::Id;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;
use world::World;

const SIZES: [u16; 5] = [10, 30, 100, 300, 1000];
/// Nodes gossip once in 1 to 1.5 times this.
const GOSSIP_EVERY: Duration = Duration::from_secs(1);
/// The mean duration of a round of gossip.
const ROUND: Duration = Duration::from_millis(1250);
const N: usize = 3;
const KEYS: usize = 100_000;

/// Gossip and the ring, from 10 to 1,000 nodes
#[derive(Debug, Parser)]
struct Arguments {
    /// A smoke test: small clusters, few runs
    #[arg(long)]
    quick: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Draw the rounds until agreement to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// The option that cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// The result for one size of cluster.
#[derive(Clone, Debug, Serialize)]
struct Line {
    nodes: u16,
    runs: usize,
    /// Rounds until all nodes know of a join: in half of the runs, and in 99 of 100.
    rounds_p50: f64,
    rounds_p99: f64,
    /// The aim: three times the binary logarithm.
    rounds_aim: f64,
    messages_a_node: f64,
    bytes_a_node: f64,
    /// Keys that a join gives to the new node, divided by an equal share.
    moved: f64,
    /// The keys of the node with the most keys, divided by the mean: with 32 tokens a node, as in
    /// clusters, and with 256.
    balance: f64,
    balance_of_256: f64,
}

fn main() -> Result<()> {
    let Arguments { quick, json, svg, .. } = Arguments::parse();
    let sizes = if quick { &SIZES[..2] } else { &SIZES[..] };
    let mut lines = Vec::new();
    for &nodes in sizes {
        let runs = if quick { 5 } else { 100.min(20_000 / usize::from(nodes)) };
        eprintln!("{nodes} nodes, {runs} runs");
        lines.push(measure(nodes, runs));
    }
    if let Some(svg) = svg {
        draw(&lines, &svg)?;
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
    } else {
        println!("{}", table(&lines));
    }
    Ok(())
}

fn measure(nodes: u16, runs: usize) -> Line {
    let mut spreads: Vec<Spread> = (0..runs as u64).map(|seed| spread(nodes, seed)).collect();
    spreads.sort_by(|one, other| one.rounds.total_cmp(&other.rounds));
    // The value that `percent` of the runs do not exceed.
    let at = |percent: usize| spreads[(runs * percent).div_ceil(100).max(1) - 1].rounds;
    let mean = |of: fn(&Spread) -> f64| spreads.iter().map(of).sum::<f64>() / number(runs);
    Line {
        nodes,
        runs,
        rounds_p50: at(50),
        rounds_p99: at(99),
        rounds_aim: 3.0 * f64::from(nodes).log2(),
        messages_a_node: mean(|spread| spread.messages_a_node),
        bytes_a_node: mean(|spread| spread.bytes_a_node),
        moved: moved(nodes),
        balance: balance(nodes, Ring::PARTITIONS, Ring::TOKENS),
        balance_of_256: balance(nodes, 1 << 16, 256),
    }
}

/// How one change spread.
struct Spread {
    rounds: f64,
    messages_a_node: f64,
    bytes_a_node: f64,
}

/// An administrator tells one of the nodes, which agree and gossip, that another node joins.
fn spread(nodes: u16, seed: u64) -> Spread {
    let config = Config::new(N, 2, 2).expect("valid").with_gossip_every(GOSSIP_EVERY);
    let address =
        |node: NodeId| SocketAddr::from(([10, 0, (node.0 >> 8) as u8, node.0 as u8], 4100)).into();
    let members = (0..nodes).map(NodeId);
    let founders = members
        .clone()
        .fold(History::founded_by(members), |all, node| all.moved(node, address(node)));
    let node = Node { config, founders, address: None, rules: Rules::default() };
    let mut world = World::new(node, nodes, seed);
    while world.now() < 2 * GOSSIP_EVERY {
        world.go_on();
    }
    let (start, messages, bytes) = (world.now(), world.messages, world.bytes);
    let request = RequestId { client: ClientId(u64::MAX), number: 0 };
    let wish = Wish::Join(Some(address(NodeId(nodes))));
    let join = Message::Administer { request, node: NodeId(nodes), wish };
    world.give(Id::from(usize::MAX), NodeId(0), join);
    while !world.agree() {
        world.go_on();
    }
    assert!(world.state(NodeId(nodes - 1)).view.ring().members().contains(&NodeId(nodes)));
    let each = |count: u64| number(count as usize) / f64::from(nodes);
    Spread {
        rounds: world.now().saturating_sub(start).as_secs_f64() / ROUND.as_secs_f64(),
        messages_a_node: each(world.messages - messages),
        bytes_a_node: each(world.bytes - bytes),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]
fn number(count: usize) -> f64 {
    count as f64
}

fn keys() -> impl Iterator<Item = Key> {
    (0..KEYS).map(|index| Key::new(&format!("key-{index}")).expect("a valid key"))
}

fn ring(nodes: u16, partitions: u32, tokens: u32) -> Ring {
    let members: Vec<NodeId> = (0..nodes).map(NodeId).collect();
    Ring::new(&members, partitions, tokens).expect("each is named once")
}

/// Keys that a join gives to the new node, divided by an equal share.
fn moved(nodes: u16) -> f64 {
    let (before, after) =
        (Ring::of(ring(nodes, 1, 1).members()), Ring::of(ring(nodes + 1, 1, 1).members()));
    let moved: usize = keys()
        .map(|key| {
            let old = before.preference_list(&key, N);
            after.preference_list(&key, N).iter().filter(|node| !old.contains(node)).count()
        })
        .sum();
    number(moved) / (number(KEYS * N) / f64::from(nodes + 1))
}

/// The keys of the node with the most keys, divided by the mean.
fn balance(nodes: u16, partitions: u32, tokens: u32) -> f64 {
    let ring = ring(nodes, partitions, tokens);
    let mut keys_of = vec![0_usize; usize::from(nodes)];
    for key in keys() {
        ring.preference_list(&key, N).iter().for_each(|node| keys_of[usize::from(node.0)] += 1);
    }
    let most = keys_of.iter().max().copied().unwrap_or_default();
    number(most) / (number(KEYS * N) / f64::from(nodes))
}

fn table(lines: &[Line]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::ASCII_MARKDOWN);
    table.set_header([
        "nodes",
        "runs",
        "rounds, p50",
        "p99",
        "aim",
        "messages a node",
        "bytes a node",
        "moved by a join, of an equal part",
        "most over mean, 32 tokens",
        "256 tokens",
    ]);
    for line in lines {
        let of = |number: f64, digits: usize| format!("{number:.digits$}");
        table.add_row([
            line.nodes.to_string(),
            line.runs.to_string(),
            of(line.rounds_p50, 1),
            of(line.rounds_p99, 1),
            of(line.rounds_aim, 1),
            of(line.messages_a_node, 1),
            of(line.bytes_a_node, 0),
            of(line.moved, 2),
            of(line.balance, 2),
            of(line.balance_of_256, 2),
        ]);
    }
    table.column_iter_mut().for_each(|column| column.set_cell_alignment(CellAlignment::Right));
    table
}

/// A name, a colour, and the values.
type Series = (&'static str, RGBColor, fn(&Line) -> f64);

fn draw(lines: &[Line], file: &std::path::Path) -> Result<()> {
    let area = SVGBackend::new(file, (720, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let most = lines.iter().map(|line| line.rounds_aim).fold(1.0, f64::max);
    let (first, last) = (f64::from(lines[0].nodes), f64::from(lines[lines.len() - 1].nodes));
    let mut chart = ChartBuilder::on(&area)
        .caption("Rounds of gossip until all nodes know of a join", ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(48)
        .build_cartesian_2d((first..last).log_scale(), 0.0..most)?;
    chart.configure_mesh().x_desc("nodes").y_desc("rounds").draw()?;
    let series: [Series; 3] = [
        ("3 log2 n, the aim", RGBColor(130, 130, 130), |line| line.rounds_aim),
        ("99 of 100 runs", RGBColor(190, 60, 40), |line| line.rounds_p99),
        ("half of the runs", RGBColor(30, 90, 170), |line| line.rounds_p50),
    ];
    for (name, colour, of) in series {
        let points = lines.iter().map(|line| (f64::from(line.nodes), of(line)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    let mut labels = chart.configure_series_labels();
    labels
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}
