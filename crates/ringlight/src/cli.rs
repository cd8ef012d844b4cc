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
    /// Rebuild a show from its log and compare it with what was live
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
    /// Look after rule packs
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Say what an incident cost, and whether the host is back
    Recovery(RecoveryArgs),
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
    /// The data folder
    #[arg(value_name = "DATA")]
    pub(crate) data: PathBuf,
    /// The show's name in addresses
    #[arg(long, value_name = "SLUG")]
    pub(crate) show: String,
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
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_commands_fit_together() {
        Cli::command().debug_assert();
    }
}
