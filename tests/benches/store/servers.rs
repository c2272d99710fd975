//! PostgreSQL and Redis, started for the benchmark and ended with it.
//!
//! What always holds: both keep their data below the directory they are given, listen on sockets there and nowhere else,
//! run with their defaults, and are gone when this is dropped. A server that is missing is no error: it is said aloud.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use echo_storage::clock::Stopwatch;

/// How long a server may take to answer.
const START_LIMIT: Duration = Duration::from_secs(30);
/// The port in the name of the socket.
const PORT: u16 = 5432;
/// Where Debian keeps the programs of PostgreSQL, a directory for each version.
const DEBIAN: &str = "/usr/lib/postgresql";
/// The signals that end them at once and leave nothing of them behind.
const POSTGRES_END: &str = "QUIT";
const REDIS_END: &str = "KILL";
/// How to get what is missing.
const REMEDY: &str = "apt-get install postgresql redis-server";

/// Both servers.
pub(crate) struct Servers {
    directory: PathBuf,
    postgres: Running,
    _redis: Running,
    /// What they say of themselves.
    pub(crate) versions: String,
}

impl Servers {
    /// Starts both, or says why not.
    pub(crate) fn start(directory: &Path) -> Result<Self, String> {
        let missing = |name: &str| format!("{name} is missing: {REMEDY}");
        let initdb = program("initdb").ok_or_else(|| missing("initdb of PostgreSQL"))?;
        let postgres = program("postgres").ok_or_else(|| missing("PostgreSQL"))?;
        let redis = program("redis-server").ok_or_else(|| missing("Redis"))?;
        let user = server_user()?;
        let own = |path: &Path| {
            std::fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))?;
            match user {
                Some((uid, gid)) => std::os::unix::fs::chown(path, Some(uid), Some(gid))
                    .map_err(|error| format!("{}: {error}", path.display())),
                None => Ok(()),
            }
        };
        let (data, sockets) = (directory.join("postgres"), directory.join("sockets"));
        own(&data)?;
        own(&sockets)?;
        let mut initialise = Command::new(initdb);
        initialise
            .args(["--username", "echo", "--auth", "trust", "--encoding", "UTF8", "--no-sync", "-D"])
            .arg(&data);
        let made = as_user(&mut initialise, user).current_dir(directory).stdin(Stdio::null()).output();
        let made = made.map_err(|error| format!("initdb cannot be run: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb failed: {}", String::from_utf8_lossy(&made.stderr).trim()));
        }
        let mut start = guarded(&postgres, POSTGRES_END);
        start.arg("-D").arg(&data).arg("-k").arg(&sockets).args(["-c", "listen_addresses="]);
        start.args(["-p", &PORT.to_string()]);
        let log = directory.join("postgres.log");
        let running = Running::start(as_user(&mut start, user).current_dir(directory), &log, POSTGRES_END)?;
        let mut start = guarded(&redis, REDIS_END);
        start.args(["--port", "0", "--unixsocket"]).arg(directory.join("redis.sock"));
        start.arg("--dir").arg(directory).current_dir(directory);
        let log = directory.join("redis.log");
        let versions = format!("{}; {}", says(&postgres), says(&redis));
        let redis = Running::start(&mut start, &log, REDIS_END)?;
        Ok(Self { directory: directory.to_owned(), postgres: running, _redis: redis, versions })
    }

    /// Where PostgreSQL has its socket.
    pub(crate) fn postgres_directory(&self) -> PathBuf {
        self.directory.join("sockets")
    }

    /// How Redis is addressed.
    pub(crate) fn redis_address(&self) -> String {
        format!("redis+unix://{}", self.directory.join("redis.sock").display())
    }

    /// Tries until both answer, and gives what the attempt gives.
    pub(crate) async fn answer<T, E: std::fmt::Display>(
        &self,
        attempt: impl AsyncFn() -> Result<T, E>,
    ) -> Result<T, String> {
        let stopwatch = Stopwatch::new();
        loop {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) if stopwatch.elapsed() > START_LIMIT => {
                    let log = std::fs::read_to_string(&self.postgres.log).unwrap_or_default();
                    return Err(format!("the servers do not answer: {error}\n{log}"));
                }
                // There is no event to wait for: a server that starts tells nobody.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}

/// A server, ended when it is dropped.
struct Running {
    child: Child,
    log: PathBuf,
    /// The signal that ends it.
    signal: &'static str,
}

impl Running {
    fn start(command: &mut Command, log: &Path, signal: &'static str) -> Result<Self, String> {
        let output = std::fs::File::create(log).and_then(|log| Ok((log.try_clone()?, log)));
        let (output, errors) = output.map_err(|error| format!("{}: {error}", log.display()))?;
        let child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn();
        let child =
            child.map_err(|error| format!("{} cannot be run: {error}", command.get_program().display()))?;
        Ok(Self { child, log: log.to_owned(), signal })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-s", self.signal, &pid]).status();
        if !told.is_ok_and(|status| status.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// A program that gets the signal when the benchmark ends in whatever way, where the system has the tool for that.
fn guarded(server: &Path, signal: &str) -> Command {
    let Some(guard) = program("setpriv") else { return Command::new(server) };
    let mut command = Command::new(guard);
    command.args(["--pdeathsig", signal, "--"]).arg(server);
    command
}

/// Where a program lies: on the path, or where Debian keeps it.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|directory| directory.join(name));
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut of_debian: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).collect();
    of_debian.sort();
    on_path.chain(of_debian.into_iter().rev()).find(|program| program.is_file())
}

fn says(program: &Path) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let text = text.unwrap_or_else(|error| error.to_string());
    // What follows the version is of no interest to a reader of figures.
    text.split(" sha=").next().unwrap_or(&text).to_owned()
}

/// As whom PostgreSQL is run: it refuses to be run by root.
fn server_user() -> Result<Option<(u32, u32)>, String> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next());
    if uid != Some("0") {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    });
    user.map(Some).ok_or_else(|| format!("there is no user `postgres`, and root may not run it: {REMEDY}"))
}

fn as_user(command: &mut Command, user: Option<(u32, u32)>) -> &mut Command {
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command
}
