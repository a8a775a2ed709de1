import { parseArgs } from "node:util";
import { drawPlan, isKind, KINDS, type Kind } from "./plan.ts";
import { type Break, buildProgram, findRoot, isBreak } from "./program.ts";
import { renderFailure, renderRound } from "./render.ts";
import { hasFailed, playRound } from "./round.ts";

const USAGE = `npm run chaos -- [--rounds <n>] [--seed <n>] [--kind <kind>] [--users <n>] [--break takeover]
                     [--source <folder>]

Plays rounds of a broadcast that is killed, cut off from Redis and resumed, each drawn from its seed (the first from
--seed, or from the time), and checks what came of it from the platform's records and from Redis. Stops with exit code 1
at the first round that goes wrong; its seed plays it again. With --break the program is broken on purpose: then a round
has to go wrong, and exit code 1 means that none did. --source names another checkout of push-cli to build from.

Kinds:
${Object.entries(KINDS)
  .map(([kind, what]) => `  ${kind.padEnd(10)} ${what}`)
  .join("\n")}
Without --kind and --users the seed chooses; only 'paused' has to be asked for.
`;

interface Wishes {
  rounds: number;
  seed: number;
  kind: Kind | undefined;
  users: number | undefined;
  broken: Break | undefined;
  source: string;
}

/** Undefined when the command line can't be used. */
function readWishes(): Wishes | undefined {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "20" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      kind: { type: "string" },
      users: { type: "string" },
      break: { type: "string" },
      source: { type: "string", default: findRoot() },
      help: { type: "boolean" },
    },
  });
  const { kind, break: broken, source } = values;
  const rounds = Number(values.rounds);
  const seed = Number(values.seed);
  const users = values.users === undefined ? undefined : Number(values.users);
  if (values.help || !(rounds >= 1) || !Number.isSafeInteger(seed)) return undefined;
  if (users !== undefined && !(Number.isSafeInteger(users) && users >= 100)) return undefined;
  if ((kind !== undefined && !isKind(kind)) || (broken !== undefined && !isBreak(broken))) return undefined;
  return { rounds, seed, kind, users, broken, source };
}

/** The exit code. */
async function play({ rounds, seed, kind, users, broken, source }: Wishes): Promise<number> {
  const program = await buildProgram(source, broken);
  try {
    for (let i = 0; i < rounds; i++) {
      const round = await playRound(drawPlan(seed + i, { kind, users }), program.file);
      console.log(renderRound(round));
      if (!hasFailed(round)) continue;
      console.log(renderFailure(round));
      if (broken) console.log(`the broken program (${broken}) was found out, as it has to be`);
      return broken ? 0 : 1;
    }
    if (broken) console.log(`the broken program (${broken}) passed: the harness is blind`);
    return broken ? 1 : 0;
  } finally {
    program.remove();
  }
}

// Without this a Ctrl-C would leave folders behind; servers and processes of the tool end by themselves.
process.once("SIGINT", () => process.exit(130));

const wishes = readWishes();
if (wishes) process.exitCode = await play(wishes);
else {
  console.log(USAGE);
  process.exitCode = 2;
}
