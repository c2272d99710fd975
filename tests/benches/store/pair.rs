//! PostgreSQL and Redis doing what the first ECHO did with them.
//!
//! A message is a row: INSERT ... RETURNING, then PUBLISH of its JSON; the recipient's subscriber marks it as read by an
//! UPDATE. A decision is a row, a PUBLISH that asks for votes, eight rows of votes with a PUBLISH each, a count and an
//! UPDATE. Tables and indexes are those of the first ECHO, statements are prepared, and sockets are local ones.
//!
//! What always holds: what counts as acknowledged is in a row, what counts as processed is in an UPDATE that returned. A
//! connection is shared without waiting for its turn, and a subscriber does not wait for one UPDATE before the next, which
//! is more than the first ECHO did.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt;
use redis::aio::MultiplexedConnection;
use tokio_postgres::{Client, NoTls, Statement};

use crate::servers::Servers;
use crate::work::{AGENTS, Bus, Sender, Tracker, content};

/// How many connections there are; nine agents use one each.
const CONNECTIONS: usize = 32;
/// Where every agent hears of messages to all.
const ALL: &str = "messages:all";
/// Where those who vote hear of decisions.
const VOTE_REQUIRED: &str = "decisions:vote_required";
/// Where who opened a decision hears of votes.
const VOTES: &str = "decisions:votes";
/// Who opens decisions.
const INITIATOR: usize = 0;

const DROP: &str = "DROP TABLE IF EXISTS decision_votes, decisions, messages;";
const SCHEMA: &str = "
CREATE TABLE messages (
    id bigserial PRIMARY KEY,
    from_role varchar(50) NOT NULL,
    to_role varchar(50) NOT NULL,
    type varchar(50) NOT NULL,
    subject varchar(255),
    content jsonb NOT NULL,
    metadata jsonb NOT NULL DEFAULT '{}',
    priority integer NOT NULL DEFAULT 5,
    thread_id bigint,
    read boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz
);
CREATE INDEX messages_to_role_read ON messages (to_role, read);
CREATE INDEX messages_from_role ON messages (from_role);
CREATE INDEX messages_created_at ON messages (created_at DESC);
CREATE INDEX messages_thread_id ON messages (thread_id);
CREATE TABLE decisions (
    id bigserial PRIMARY KEY,
    type varchar(50) NOT NULL,
    title varchar(255) NOT NULL,
    initiator_role varchar(50) NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'pending',
    context jsonb NOT NULL,
    votes_for integer,
    votes_against integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz
);
CREATE INDEX decisions_status ON decisions (status);
CREATE INDEX decisions_initiator_role ON decisions (initiator_role);
CREATE TABLE decision_votes (
    id bigserial PRIMARY KEY,
    decision_id bigint NOT NULL REFERENCES decisions (id),
    voter_role varchar(50) NOT NULL,
    vote varchar(50) NOT NULL,
    confidence double precision NOT NULL,
    rationale text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (decision_id, voter_role)
);
CREATE INDEX decision_votes_decision_id ON decision_votes (decision_id);
";

/// With which tables the pair starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// Made anew.
    Empty,
    /// What an earlier pair left in them.
    AsTheyAre,
}

/// The pair with its subscribers at work.
pub(crate) struct Pair {
    connections: Vec<Connection>,
    tracker: Tracker,
}

/// A connection to each of the two, with its statements.
struct Connection {
    postgres: Client,
    redis: MultiplexedConnection,
    insert: Statement,
    read: Statement,
    mark: Statement,
    decide: Statement,
    vote: Statement,
    count: Statement,
    close: Statement,
}

impl Pair {
    /// Connects everybody.
    pub(crate) async fn start(servers: &Servers, tables: Tables) -> Result<Arc<Self>, String> {
        let redis = redis::Client::open(servers.redis_address()).map_err(|error| error.to_string())?;
        servers.answer(async || redis.get_multiplexed_async_connection().await).await?;
        let first = servers.answer(async || client(servers).await).await?;
        for setting in ["fsync", "synchronous_commit"] {
            let row =
                first.query_one(&format!("SHOW {setting}"), &[]).await.map_err(|error| error.to_string())?;
            assert_eq!(
                row.get::<_, &str>(0),
                "on",
                "{setting}: both sides are durable or the comparison is worth nothing"
            );
        }
        if tables == Tables::Empty {
            let made = first.batch_execute(&format!("{DROP}{SCHEMA}")).await;
            made.map_err(|error| format!("the tables cannot be made: {error}"))?;
        }
        let mut connections = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = Connection::prepare(servers, &redis).await;
            connections.push(connection.map_err(|error| format!("the pair cannot be used: {error}"))?);
        }
        let pair = Arc::new(Self { connections, tracker: Tracker::new() });
        for agent in 0..AGENTS {
            pair.subscribe(&redis, agent).await.map_err(|error| format!("Redis cannot be used: {error}"))?;
        }
        Ok(pair)
    }

    /// Adds messages that everybody has processed, until there are so many, and has the server put its tables in order.
    pub(crate) async fn fill(&self, messages: u64) {
        let postgres = &self.connection(0).postgres;
        let missing = i64::try_from(messages).expect("a count of messages");
        let fill = "INSERT INTO messages (from_role, to_role, type, subject, content, read, processed_at) \
            SELECT 'role_' || n % 9, 'role_' || (n + 1 + n / 9 % 8) % 9, 'notification', 'How the platform grows', \
            $2::text::jsonb, true, now() FROM generate_series((SELECT count(*) + 1 FROM messages), $1::bigint) AS n";
        postgres.execute(fill, &[&missing, &content(0)]).await.expect("messages can be inserted");
        for order in ["VACUUM ANALYZE messages", "CHECKPOINT"] {
            postgres.batch_execute(order).await.expect("the server can be put in order");
        }
    }

    async fn subscribe(self: &Arc<Self>, redis: &redis::Client, agent: usize) -> redis::RedisResult<()> {
        let mut hearing = redis.get_async_pubsub().await?;
        hearing.subscribe(channel(agent)).await?;
        hearing.subscribe(ALL).await?;
        hearing.subscribe(if agent == INITIATOR { VOTES } else { VOTE_REQUIRED }).await?;
        // The subscriber must not keep the pair alive: it ends with it.
        let pair = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut votes = HashMap::new();
            let mut heard = hearing.into_on_message();
            while let Some(message) = heard.next().await {
                let Some(pair) = pair.upgrade() else { return };
                let json: serde_json::Value =
                    serde_json::from_slice(message.get_payload_bytes()).expect("what is published is JSON");
                let id = json.get("id").and_then(serde_json::Value::as_i64).expect("it has an id");
                match message.get_channel_name() {
                    VOTE_REQUIRED => drop(tokio::spawn(async move { pair.vote(agent, id).await })),
                    VOTES => {
                        let cast = votes.entry(id).or_insert(0);
                        *cast += 1;
                        if *cast == AGENTS - 1 {
                            votes.remove(&id);
                            tokio::spawn(async move { pair.close(id).await });
                        }
                    }
                    _ => drop(tokio::spawn(async move { pair.mark(agent, id).await })),
                }
            }
        });
        Ok(())
    }

    fn connection(&self, place: usize) -> &Connection {
        self.connections.get(place % CONNECTIONS).expect("the place is within the connections")
    }

    async fn insert(&self, connection: &Connection, from: &str, to: &str, heard: &str, number: u64) -> u64 {
        let (subject, content) = ("How the platform grows", content(number));
        let row = connection.postgres.query_one(&connection.insert, &[&from, &to, &subject, &content]).await;
        let id: i64 = row.expect("a message can be inserted").get(0);
        let json = format!(
            r#"{{"id":{id},"from":"{from}","to":"{to}","type":"notification","subject":"{subject}","content":{content}}}"#
        );
        connection.publish(heard, &json).await;
        number_of(id)
    }

    async fn mark(&self, agent: usize, id: i64) {
        let connection = self.connection(agent);
        let marked = connection.postgres.execute(&connection.mark, &[&id]).await;
        assert_eq!(marked.expect("a message can be marked"), 1, "the message is there");
        self.tracker.processed(number_of(id));
    }

    async fn vote(&self, agent: usize, decision: i64) {
        let connection = self.connection(agent);
        let (role, rationale) = (role(agent), "approve at 735: 3 measurable outcomes (+120)");
        let row = connection.postgres.query_one(&connection.vote, &[&decision, &role, &rationale]).await;
        let vote: i64 = row.expect("a vote can be inserted").get(0);
        let json = format!(r#"{{"id":{decision},"vote":{vote},"role":"{role}","value":"approve"}}"#);
        connection.publish(VOTES, &json).await;
    }

    async fn close(&self, decision: i64) {
        let connection = self.connection(INITIATOR);
        let rows = connection.postgres.query(&connection.count, &[&decision]).await;
        let rows = rows.expect("votes can be counted");
        let of = |vote: &str| {
            let row = rows.iter().find(|row| row.get::<_, &str>(0) == vote);
            row.map_or(0, |row| i32::try_from(row.get::<_, i64>(1)).unwrap_or(i32::MAX))
        };
        let (for_it, against) = (of("approve"), of("reject"));
        let closed = connection.postgres.execute(&connection.close, &[&decision, &for_it, &against]).await;
        assert_eq!(closed.expect("a decision can be closed"), 1, "the decision is there");
        self.tracker.closed(number_of(decision));
    }
}

impl Bus for Pair {
    async fn post(&self, from: Sender, to: usize, number: u64) -> u64 {
        let (connection, from) = match from {
            Sender::Agent(agent) => (self.connection(agent), role(agent)),
            Sender::Outside(sender) => (self.connection(sender), format!("sender_{sender}")),
        };
        self.insert(connection, &from, &role(to), &channel(to), number).await
    }

    async fn broadcast(&self, number: u64) -> u64 {
        // From outside, as with ours: over a connection that no agent uses.
        self.insert(self.connection(AGENTS), "somebody", "all", ALL, number).await
    }

    async fn decide(&self, number: u64) -> u64 {
        let connection = self.connection(INITIATOR);
        let (role, content) = (role(INITIATOR), content(number));
        let row = connection.postgres.query_one(&connection.decide, &[&role, &content]).await;
        let id: i64 = row.expect("a decision can be inserted").get(0);
        connection
            .publish(VOTE_REQUIRED, &format!(r#"{{"id":{id},"initiator":"{role}","context":{content}}}"#))
            .await;
        number_of(id)
    }

    async fn read(&self, message: u64) {
        let connection = self.connection(AGENTS);
        let id = i64::try_from(message).expect("it came from a row");
        let row = connection.postgres.query_one(&connection.read, &[&id]).await;
        assert!(!row.expect("what was acknowledged is there").get::<_, &str>(0).is_empty());
    }

    async fn settled(&self) {}

    fn tracker(&self) -> &Tracker {
        &self.tracker
    }
}

impl Connection {
    async fn prepare(servers: &Servers, redis: &redis::Client) -> Result<Self, Box<dyn std::error::Error>> {
        let postgres = client(servers).await?;
        let redis = redis.get_multiplexed_async_connection().await?;
        let insert = "INSERT INTO messages (from_role, to_role, type, subject, content) \
            VALUES ($1, $2, 'notification', $3, $4::text::jsonb) RETURNING id";
        let mark = "UPDATE messages SET read = true, processed_at = now() WHERE id = $1";
        let decide = "INSERT INTO decisions (type, title, initiator_role, context) \
            VALUES ('company_direction', 'Renew the platform', $1, $2::text::jsonb) RETURNING id";
        let vote = "INSERT INTO decision_votes (decision_id, voter_role, vote, confidence, rationale) \
            VALUES ($1, $2, 'approve', 0.8, $3) RETURNING id";
        let count = "SELECT vote, count(*) FROM decision_votes WHERE decision_id = $1 GROUP BY vote";
        let close = "UPDATE decisions SET status = 'approved', votes_for = $2, votes_against = $3, decided_at = now() \
            WHERE id = $1";
        Ok(Self {
            insert: postgres.prepare(insert).await?,
            read: postgres.prepare("SELECT content::text FROM messages WHERE id = $1").await?,
            mark: postgres.prepare(mark).await?,
            decide: postgres.prepare(decide).await?,
            vote: postgres.prepare(vote).await?,
            count: postgres.prepare(count).await?,
            close: postgres.prepare(close).await?,
            postgres,
            redis,
        })
    }

    async fn publish(&self, channel: &str, json: &str) {
        // A handle of the same connection: commands of several tasks share it.
        let mut redis = self.redis.clone();
        let heard = redis::cmd("PUBLISH").arg(channel).arg(json).query_async::<usize>(&mut redis).await;
        assert_ne!(heard.expect("a message can be published"), 0, "somebody hears {channel}");
    }
}

async fn client(servers: &Servers) -> Result<Client, tokio_postgres::Error> {
    let mut config = tokio_postgres::Config::new();
    config.host_path(servers.postgres_directory()).user("echo").dbname("postgres");
    let (client, connection) = config.connect(NoTls).await?;
    // It ends with its client.
    tokio::spawn(connection);
    Ok(client)
}

fn role(agent: usize) -> String {
    format!("role_{agent}")
}

fn channel(agent: usize) -> String {
    format!("messages:role_{agent}")
}

fn number_of(id: i64) -> u64 {
    id.unsigned_abs()
}
