/**
 * `npm run record`: runs the built program in a terminal, against a Redis and a sandbox of its own, and draws what was
 * visible there as src/help/recording.svg, the picture in README.md. Needs `script` of util-linux and curl, on Linux.
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { playScenes } from "./scenes.ts";
import { textOf } from "./screen.ts";
import { drawRecording } from "./svg.ts";
import { openTerminal } from "./terminal.ts";
import { makeTimeline } from "./timeline.ts";
import { startWorld } from "./world.ts";

const SIZE = { cols: 80, rows: 28 };
const LIMITS = { prompt: 2_500, run: 2_200, aside: 1_600 };
const HOLD_MS = 3_500;
const MAX_BYTES = 150_000;

const root = process.cwd();
const world = await startWorld(path.join(root, "dist/push-cli.js"));
try {
  await world.fillPools();
  const terminal = openTerminal(SIZE, world.env, world.folder);
  await playScenes(terminal);
  await terminal.close();
  const { delivered, maxPerUser, deliveriesByUser } = world.stats();
  const users = Object.keys(deliveriesByUser).length;
  if (delivered !== 800 || users !== 800 || maxPerUser !== 1)
    throw new Error(`${delivered} messages to ${users} users, at most ${maxPerUser} per user`);
  const timeline = makeTimeline(terminal.frames, LIMITS, HOLD_MS);
  const svg = drawRecording(timeline, {
    columns: SIZE.cols,
    rows: SIZE.rows,
    title: "push-cli: a broadcast, killed and resumed",
    description:
      "A terminal: 800 users have push codes; a broadcast to them is killed by kill -9 in the middle; push-cli broadcast list shows it as dead; push-cli broadcast resume continues it; the simulator has delivered 800 messages, at most one per user.",
  });
  if (svg.length > MAX_BYTES) throw new Error(`the picture has ${svg.length} bytes`);
  writeFileSync(path.join(root, "src/help/recording.svg"), svg);
  const last = terminal.frames.at(-1);
  console.log(last === undefined ? "" : textOf(last.screen));
  console.log(`\nsrc/help/recording.svg: ${Math.round(timeline.lengthMs / 1000)} s, ${svg.length} bytes`);
} finally {
  await world.close();
}
