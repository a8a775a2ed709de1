/**
 * A script's keys are not in one slot: error texts of Redis, and of services with a proxy in front of a cluster.
 */
export const SEVERAL_SLOTS =
  /^CROSSSLOT|keys? must (be )?in (the )?same slot|keys in request don't hash to the same slot/i;

interface Explanation {
  test: RegExp;
  what: string;
  hint: string;
  transient?: true;
}

/** Replies that are recognized by their text. */
export const REPLIES: Explanation[] = [
  {
    test: /^(WRONGPASS|ERR invalid password|ERR AUTH)/,
    what: "Redis refused the password",
    hint: "check the user and password in PUSH_CLI_REDIS_URL (redis://user:password@host:port)",
  },
  {
    test: /^NOAUTH/,
    what: "Redis requires a password",
    hint: "put it into PUSH_CLI_REDIS_URL (redis://:password@host:port), not on the command line",
  },
  {
    test: /^ERR max number of clients reached/,
    what: "Redis has reached its maximum number of connections",
    hint: "CLIENT LIST shows the connected clients; maxclients raises the limit",
    transient: true,
  },
  {
    test: /^DENIED/,
    what: "Redis accepts no connections from other machines (protected mode)",
    hint: "connect from its own machine, or set a password (requirepass, ACL) and put it into PUSH_CLI_REDIS_URL",
  },
  {
    test: /^OOM/,
    what: "Redis is out of memory (maxmemory)",
    hint: "free memory or raise maxmemory, then run again; nothing was lost",
    transient: true,
  },
  {
    test: /^MISCONF/,
    what: "Redis can't write to its disk and refuses writes",
    hint: "fix persistence (check the disk space), then run again; nothing was lost",
    transient: true,
  },
  {
    test: /^NOREPLICAS/,
    what: "Redis has too few replicas (min-replicas-to-write) and refuses writes",
    hint: "fix replication, then run again; nothing was lost",
    transient: true,
  },
  {
    test: /^ERR (DB index is out of range|invalid DB index|SELECT is not allowed)/,
    what: "Redis has no such database",
    hint: "check the number at the end of the URL: redis://host:port/<number>",
  },
  {
    test: /RESP type|Protocol error/,
    what: "a server that is not a Redis answered",
    hint: "check host and port in PUSH_CLI_REDIS_URL or --redis-url",
  },
  {
    test: /^(MOVED|ASK) /,
    what: "this is one server of a Redis Cluster",
    hint: "connect to the whole cluster: redis+cluster://host:port",
  },
  {
    test: SEVERAL_SLOTS,
    what: "Redis spreads its keys over several servers, and requires those of one call to be on the same server",
    hint: "connect to all of them: redis+cluster://host:port; behind a proxy with one address, ask its vendor for theirs",
  },
  {
    test: /^(LOADING|BUSY |MASTERDOWN|CLUSTERDOWN|TRYAGAIN)/,
    what: "Redis is not ready",
    hint: "try again shortly",
    transient: true,
  },
  {
    test: /All sentinels are unreachable.*No such master/,
    what: "the Sentinels know no master of that name",
    hint: "redis-cli -p 26379 sentinel masters lists the names; the URL ends with one: redis+sentinel://host:port/<name>",
  },
  {
    test: /All sentinels are unreachable/,
    what: "no Sentinel could name the master",
    hint: "check the Sentinels in PUSH_CLI_REDIS_URL: hosts, ports (26379 unless given), TLS, and ?sentinelPassword= if they require one",
  },
];
