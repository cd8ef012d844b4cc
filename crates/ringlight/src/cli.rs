//! The commands and their arguments. An absent flag is `None`, so that it never clobbers the file or the environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Live shopping with a safety net: the show runs a few seconds behind, and what is stopped in them never airs.
#[derive(Debug, Parser)]
#[command(name = "ringlight", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(ServeArgs),
    /// Run the server with a show on air and a crowd that chats and buys
    Demo(DemoArgs),
    /// Rebuild a show from its log, compare it with what was live, and decide it again under other rules
    Replay(ReplayArgs),
    /// Look after the log
    #[command(subcommand)]
    Log(LogCommand),
    /// Look after the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Hear a recording: one sentence a line, with what the rules say about it
    Listen(ListenArgs),
    /// Look after the models that hear and judge
    #[command(subcommand)]
    Models(ModelsCommand),
    /// Judge text, train what judges it, and see what it is worth
    #[command(subcommand)]
    Text(TextCommand),
    /// Read the chat of a room as the sentinel does, and see what that is worth
    #[command(subcommand)]
    Room(RoomCommand),
    /// Look after rule packs
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Run a scenario through the real core and tell what happens
    Simulate(SimulateArgs),
    /// Say what an incident cost, and whether the host is back
    Recovery(RecoveryArgs),
    /// Say how much of sales, audience and brands hangs on whom, and what is at risk
    Exposure(ExposureArgs),
    /// Say how to diversify, and what it costs: hours by host within limits, and the frontier
    Plan(PlanArgs),
    /// Check whether this machine is fit to run a server
    Doctor(DoctorArgs),
    /// Print the API's description (OpenAPI 3.1)
    Openapi,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Prove the hash chain of every stream, or name the first broken record
    Verify(VerifyArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Check the files, and list where the running state has moved on from the bootstrap file
    Check(CheckArgs),
    /// Print ringlight.toml: every setting with its default
    Doc,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    /// Say which models are there
    List(ModelsArgs),
    /// Make models from files as they were published; proves each by its SHA-256, needs no network
    Import(ModelsImportArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ListenArgs {
    /// WAV (any rate, PCM or float) or FLV with AAC
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Language that is spoken: zh, ru or en
    #[arg(long, value_name = "LANG")]
    pub(crate) lang: String,
    /// Rule pack by name, or a file; may be given more than once
    #[arg(long, value_name = "PACK")]
    pub(crate) rules: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Print what is heard while a sentence is still spoken, too
    #[arg(long)]
    pub(crate) rolling: bool,
    /// Hear each stretch of speech once, when it is over
    #[arg(long, conflicts_with = "rolling")]
    pub(crate) segments: bool,
    /// Another ggml file of Whisper
    #[arg(long, value_name = "FILE")]
    pub(crate) model: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) folder: ModelsArgs,
}

/// Where models lie.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct ModelsArgs {
    /// Models folder [default: $RINGLIGHT_MODELS, or ringlight/models in the user's cache folder]
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Args)]
pub(crate) struct ModelsImportArgs {
    /// Folders that hold the published files, or the files themselves
    #[arg(value_name = "PATH", required = true)]
    pub(crate) from: Vec<PathBuf>,
    /// Only this model
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    #[command(flatten)]
    pub(crate) folder: ModelsArgs,
}

/// What `serve` and others take to find their settings.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct Settings {
    /// Folder of the database, recordings and keys [default: data]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Address of pages, API and HLS [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
    /// Address for RTMP [default: 0.0.0.0:1935]
    #[arg(long, value_name = "ADDR")]
    pub(crate) rtmp: Option<SocketAddr>,
    /// Settings in TOML; `ringlight config doc` prints them all
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Default, Clone, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// A deployment in TOML: users, hosts, brands, products, shows; creates what is missing
    #[arg(long, value_name = "FILE")]
    pub(crate) bootstrap: Option<PathBuf>,
    /// PEM file with the certificate chain; turns on HTTPS and HTTP/2
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// PEM file with the private key
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// What viewers type, such as https://shop.example
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<String>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct DemoArgs {
    /// Folder of the demo's data, kept between runs
    #[arg(long, value_name = "DIR", default_value = "demo-data")]
    pub(crate) data: PathBuf,
    /// Do not open the browser
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Address of pages, API and HLS [default: 127.0.0.1:8080, or any free port]
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,
    /// Address for RTMP [default: 127.0.0.1:1935, or any free port]
    #[arg(long, value_name = "ADDR")]
    pub(crate) rtmp: Option<SocketAddr>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ReplayArgs {
    /// The data folder; the server may be running
    #[arg(value_name = "DATA")]
    pub(crate) data: PathBuf,
    /// The show's name in addresses
    #[arg(long, value_name = "SLUG")]
    pub(crate) show: String,
    /// Rule packs to judge by, by name or as files [default: those of the policy]
    #[arg(long, value_name = "PACK", value_delimiter = ',')]
    pub(crate) rules: Vec<String>,
    /// TOML with a table [policy], or [show.policy]: mode, rules, on [default: the recorded one]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// False alarms of the room that are put up with in 1000 hours [default: 10]
    #[arg(long, value_name = "N", value_parser = alarms)]
    pub(crate) alarms_per_1000h: Option<f64>,
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) folder: ModelsArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct VerifyArgs {
    /// The data folder
    #[arg(value_name = "DATA", default_value = "data")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct CheckArgs {
    /// Settings in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A deployment in TOML
    #[arg(long, value_name = "FILE")]
    pub(crate) bootstrap: Option<PathBuf>,
    /// The data folder to compare the deployment with
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TextCommand {
    /// Read lines `text[TAB context]` on standard input and print one JSON object for each
    Score(ScoreArgs),
    /// Make the weights that ship again, to the last bit
    Train(TrainArgs),
    /// Say what the weights are worth on held-out sets
    Eval(EvalArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum RoomCommand {
    /// Read a recorded chat and say when the room turned
    ///
    /// FILE has rows `at_ms<TAB>viewer<TAB>text` in order of time. A row that cannot be used (not three fields, no time, time that
    /// goes back, no viewer, longer than 64 KiB, not UTF-8) is left out, with its line and the reason on standard error; the
    /// rest is read, and the exit code is 1. With --json: one object per alarm, {"at_ms","channel","evidence"}, last
    /// {"messages","hours","alarms"}.
    Score(RoomScoreArgs),
    /// Measure false alarms and delays in simulated rooms made of real lines
    Eval(RoomEvalArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RoomScoreArgs {
    /// The rows; - reads standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// zh, ru or en
    #[arg(long)]
    pub(crate) lang: listen::Language,
    /// False alarms that are put up with in 1000 hours of a room
    #[arg(long, value_name = "N", default_value_t = show::sentinel::room::ALARMS_PER_1000H, value_parser = alarms)]
    pub(crate) alarms_per_1000h: f64,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RoomEvalArgs {
    /// Folder of the project's sets
    #[arg(long, value_name = "DIR", default_value = "texts")]
    pub(crate) texts: PathBuf,
    /// A log of a real Chinese chat with a column `text`, packed with gzip; rooms are made of its lines as well
    #[arg(long, value_name = "FILE")]
    pub(crate) chat: Option<PathBuf>,
    /// Hours of rooms in which nothing happens
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(2..=100_000))]
    pub(crate) hours: u64,
    /// Rooms of each kind of turn
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub(crate) turns: u64,
    /// False alarms that are put up with in 1000 hours of a room
    #[arg(long, value_name = "N", default_value_t = show::sentinel::room::ALARMS_PER_1000H, value_parser = alarms)]
    pub(crate) alarms_per_1000h: f64,
    /// Names the random numbers; the same seed makes the same rooms
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct SimulateArgs {
    /// A scenario that ships, a file, or `all` that ship; docs/scenarios.md says what a file holds
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenario: String,
    /// Names the random numbers; the same seed is the same show, to the byte
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Run the seeds from N to below M, and count those in which everything holds
    #[arg(long, value_name = "N..M", conflicts_with = "seed")]
    pub(crate) seeds: Option<Seeds>,
    /// Folder of the weights that do not ship [default: the cache folder of the user]
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

/// Seeds from one to below another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seeds {
    pub(crate) first: u64,
    pub(crate) end: u64,
}

/// Seeds of one command.
const SEEDS_MAX: u64 = 100_000;

impl Seeds {
    pub(crate) fn count(self) -> usize {
        (self.end - self.first) as usize
    }
}

impl std::str::FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ends = text.split_once("..").and_then(|(first, end)| {
            Some(Self { first: first.parse().ok()?, end: end.parse().ok()? })
        });
        let fits = |seeds: &Self| seeds.first < seeds.end && seeds.end - seeds.first <= SEEDS_MAX;
        let wrong = || format!("write two numbers such as 1..200, at most {SEEDS_MAX} apart");
        ends.filter(fits).ok_or_else(wrong)
    }
}

fn alarms(text: &str) -> Result<f64, String> {
    let range = show::sentinel::room::ALARMS_RANGE;
    let number = text.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| format!("write a number from {} to {}", range.start(), range.end()))
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Run the examples of a pack, or of all that ship
    Test(RulesTestArgs),
}

/// What is asked of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Task {
    /// Contempt of a host sentence
    Host,
    /// What a chat line is
    Chat,
    /// Claims of a host sentence
    Claims,
    /// Whether a chat line is offensive
    Offensive,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ScoreArgs {
    /// What is asked
    #[arg(long, value_enum)]
    pub(crate) task: Task,
    /// zh, ru or en
    #[arg(long)]
    pub(crate) lang: listen::Language,
    /// Folder of the weights that do not ship [default: the cache folder of the user]
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

/// Weights that ship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Which {
    /// Labels of chat lines
    Chat,
    /// Contempt and claims of host sentences
    Host,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct TrainArgs {
    /// Folder of the project's sets
    #[arg(long, value_name = "DIR", default_value = "texts")]
    pub(crate) texts: PathBuf,
    /// Folder of the public sets that the manifest names
    #[arg(long, value_name = "DIR")]
    pub(crate) extra: Option<PathBuf>,
    /// Train these weights alone: those of host sentences take half an hour
    #[arg(long, value_enum)]
    pub(crate) only: Option<Which>,
    /// Where the weights go
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub(crate) out: PathBuf,
    /// Folder of the weights that do not ship [default: the cache folder of the user]
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct EvalArgs {
    /// Folder of the project's sets; those below `held` are looked at
    #[arg(long, value_name = "DIR", default_value = "texts")]
    pub(crate) texts: PathBuf,
    /// A public set with a column `offensive`, packed with gzip
    #[arg(long, value_name = "FILE")]
    pub(crate) offensive: Option<PathBuf>,
    /// Language of the public set
    #[arg(long, default_value = "zh")]
    pub(crate) lang: listen::Language,
    /// Folder of the weights that do not ship [default: the cache folder of the user]
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RulesTestArgs {
    /// The name of a pack that ships, or a file
    #[arg(value_name = "PACK")]
    pub(crate) pack: Option<String>,
    /// Folder of the weights that do not ship [default: the cache folder of the user]
    #[arg(long, value_name = "DIR")]
    pub(crate) models: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct RecoveryArgs {
    /// A panel: CSV with the columns unit,time,value
    #[arg(long, value_name = "FILE")]
    pub(crate) series: PathBuf,
    /// The unit that the incident struck
    #[arg(long, value_name = "NAME")]
    pub(crate) treated: String,
    /// The first time that counts as struck: a date, or a whole number such as a year
    #[arg(long, value_name = "DATE", allow_hyphen_values = true)]
    pub(crate) start: insight::recovery::Time,
    /// sdid, sc, sc-exact, did or bsts
    #[arg(long, default_value = "sdid")]
    pub(crate) method: insight::recovery::Method,
    /// Compare shares of each unit's own level before the start, for units of very different size
    #[arg(long)]
    pub(crate) indexed: bool,
    /// Seed of the sampler of bsts
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// One JSON object instead of words
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a page in one file as well, with the picture
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct ExposureArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ExposureCommand>,
    #[command(flatten)]
    pub(crate) report: Option<ExposureReportArgs>,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ExposureCommand {
    /// Make up a platform with its truth: CSV files to try things on
    Sample(ExposureSampleArgs),
    /// Hold the engine against exact numbers: the compound Poisson table
    Check(ExposureCheckArgs),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ExposureReportArgs {
    /// A server's data folder, instead of files; the server may be running
    #[arg(long, value_name = "DIR", conflicts_with_all = ["orders", "shows", "follows", "incidents"])]
    pub(crate) data: Option<PathBuf>,
    /// CSV of orders: order_id,at,host,brand,category,buyer,amount,currency[,status]
    #[arg(long, value_name = "FILE", required_unless_present = "data", requires = "shows")]
    pub(crate) orders: Option<PathBuf>,
    /// CSV of shows: show,host,start,end
    #[arg(long, value_name = "FILE", required_unless_present = "data", requires = "orders")]
    pub(crate) shows: Option<PathBuf>,
    /// CSV of follows: viewer,host,at[,until]
    #[arg(long, value_name = "FILE")]
    pub(crate) follows: Option<PathBuf>,
    /// CSV of incidents: incident,host,at,dark_days,severity[,kind]
    #[arg(long, value_name = "FILE")]
    pub(crate) incidents: Option<PathBuf>,
    /// Days that scenarios look ahead
    #[arg(long, value_name = "DAYS", default_value_t = 365.0)]
    pub(crate) horizon_days: f64,
    /// How many scenarios
    #[arg(long, value_name = "N", default_value_t = insight::exposure::report::SCENARIOS,
        value_parser = clap::value_parser!(u64).range(1000..=insight::exposure::simulate::SCENARIOS_MAX))]
    pub(crate) scenarios: u64,
    /// Names the random numbers; the same seed gives the same figures
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The level of value at risk and expected shortfall
    #[arg(long, value_name = "PART", default_value_t = 0.95)]
    pub(crate) alpha: f64,
    /// Ask what an absence would cost; may be given more than once. Without a date: from the first day after the data
    #[arg(long, value_name = "HOST:DAYS[:DATE]")]
    pub(crate) what_if: Vec<AbsenceArg>,
    /// What raises the hazard of an hour: for each hour beyond the fourth, at night, for each hour of rest that lacks to
    /// eleven [default: nothing does]
    #[arg(long, value_name = "HOURS,NIGHT,REST", allow_hyphen_values = true)]
    pub(crate) beta: Option<BetaArg>,
    /// Threads; they do not change the figures [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
    /// Folder of the results
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ExposureSampleArgs {
    /// Folder of the files
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Names the random numbers; the same seed makes the same platform
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ExposureCheckArgs {
    /// How many scenarios
    #[arg(long, value_name = "N", default_value_t = 10_000_000,
        value_parser = clap::value_parser!(u64).range(1000..=insight::exposure::simulate::SCENARIOS_MAX))]
    pub(crate) scenarios: u64,
    /// Names the random numbers
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Threads; they do not change the figures [default: as many as there are cores]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<usize>,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PlanArgs {
    /// Folder that `ringlight exposure --out` wrote
    #[arg(long, value_name = "DIR")]
    pub(crate) exposure: PathBuf,
    /// TOML of the limits to keep to
    #[arg(long, value_name = "FILE")]
    pub(crate) constraints: PathBuf,
    /// How many scenarios each simulation has
    #[arg(long, value_name = "N", default_value_t = insight::plan::SCENARIOS,
        value_parser = clap::value_parser!(u64).range(insight::plan::SCENARIOS_MIN..=insight::plan::SCENARIOS_MAX))]
    pub(crate) scenarios: u64,
    /// How many plans the frontier has
    #[arg(long, value_name = "N", default_value_t = 11,
        value_parser = clap::value_parser!(u8).range(2..=100))]
    pub(crate) points: u8,
    /// Names the random numbers; the same seed gives the same figures [default: that of the exposure]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Folder of the results
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

/// `HOST:DAYS[:DATE]`; the host's name may hold colons.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AbsenceArg(pub(crate) insight::exposure::what_if::Question);

impl std::str::FromStr for AbsenceArg {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write HOST:DAYS or HOST:DAYS:DATE, such as ann:30:2026-03-01";
        let (rest, last) = text.rsplit_once(':').ok_or(FORM)?;
        let (from, rest, days) = match (last.parse().ok(), rest.rsplit_once(':')) {
            (Some(from), Some((host, days))) => (Some(from), host, days),
            _ => (None, rest, last),
        };
        let days = days.parse().ok().filter(|days| *days > 0).ok_or(FORM)?;
        Ok(Self(insight::exposure::what_if::Question { host: rest.to_owned(), days, from }))
    }
}

/// Three numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BetaArg(pub(crate) insight::exposure::estimate::HoursEffect);

impl std::str::FromStr for BetaArg {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "write three numbers between -2 and 2, such as 0.1,0.2,0.05";
        let mut numbers = text.split(',').map(|part| part.trim().parse::<f64>().ok());
        let mut next = || {
            let number = numbers.next().flatten();
            number.filter(|number| (-2.0..=2.0).contains(number)).ok_or(FORM)
        };
        let effect = insight::exposure::estimate::HoursEffect {
            beyond_4h: next()?,
            night: next()?,
            rest_deficit: next()?,
        };
        if numbers.next().is_some() { Err(FORM) } else { Ok(Self(effect)) }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn absences_and_betas_are_read() {
        let absence = |text: &str| {
            text.parse::<AbsenceArg>().map(|arg| (arg.0.host, arg.0.days, arg.0.from.is_some()))
        };
        assert_eq!(absence("ann:30"), Ok(("ann".into(), 30, false)));
        assert_eq!(absence("a:b:30:2026-03-01"), Ok(("a:b".into(), 30, true)));
        assert_eq!(absence("a:b:30"), Ok(("a:b".into(), 30, false)));
        for bad in ["ann", "ann:0", "ann:x", "ann:3:2026-02-30"] {
            assert!(absence(bad).is_err(), "{bad}");
        }
        assert_eq!("0.1,0.2,-1".parse::<BetaArg>().map(|arg| arg.0.rest_deficit), Ok(-1.0));
        for bad in ["", "1,2", "1,1,1,1", "1,1,3", "1,1,x"] {
            assert!(bad.parse::<BetaArg>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }
}
