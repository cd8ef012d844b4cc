//! Messages a CPU second that the chat model labels, per language: `text_bench FILE.tsv…`, files of `texts/chat`.
//!
//! CPU time is the scheduler's own figure for this thread, so that a busy machine does not change the result.

use std::path::Path;

use listen::judge::Judge;

/// Walks over a file until so much CPU time has gone.
const LEAST_NS: u64 = 1_000_000_000;

fn cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux says it");
    stat.split(' ').next().and_then(|ns| ns.parse().ok()).expect("a number")
}

#[expect(clippy::print_stdout, reason = "an example speaks to a person")]
fn main() {
    let mut judge = Judge::load(None, &[]).expect("the weights that ship");
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(Path::new(&file)).expect("a file of lines");
        let lines: Vec<&str> =
            text.lines().skip(1).filter_map(|line| line.split('\t').nth(1)).collect();
        let (mut messages, mut kept) = (0_u64, 0_usize);
        let begin = cpu_ns();
        while cpu_ns() - begin < LEAST_NS {
            for line in &lines {
                kept = kept.wrapping_add(judge.chat(line).label as usize);
            }
            messages += lines.len() as u64;
        }
        let rate = messages as f64 * 1e3 / (cpu_ns() - begin) as f64;
        let chars = lines.iter().map(|line| line.chars().count()).sum::<usize>() as f64;
        println!(
            "{file}: {rate:.2} M messages a CPU second, {:.1} characters each ({})",
            chars / lines.len().max(1) as f64,
            kept % 10
        );
    }
}
