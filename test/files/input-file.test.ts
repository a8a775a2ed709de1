import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, it } from "vitest";
import { openInput } from "../../src/files/input-file.ts";
import { fakeIo } from "../output/fake-io.ts";

const cwd = mkdtempSync(join(tmpdir(), "input-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
const io = fakeIo({ cwd });

it("reads a file, relative to where the command runs", async () => {
  writeFileSync(join(cwd, "ids.txt"), "o1\no2\n");
  expect(await text(openInput("ids.txt", io))).toBe("o1\no2\n");
  expect(await text(openInput(join(cwd, "ids.txt"), io))).toBe("o1\no2\n");
});

it("reads an empty file", async () => {
  writeFileSync(join(cwd, "empty"), "");
  expect(await text(openInput("empty", io))).toBe("");
});

it("reads stdin for -", async () => {
  io.stdin.end("o1\n");
  expect(await text(openInput("-", io))).toBe("o1\n");
});

it.each([
  ["none.txt", "no such file"],
  ["ids.txt/x", "no such file"],
  ["", "is a directory"],
  [".", "is a directory"],
])("%j is a usage error at once", (path, reason) => {
  writeFileSync(join(cwd, "ids.txt"), "");
  expect(() => openInput(path, io)).toThrow(
    expect.objectContaining({ kind: "usage", message: `cannot read "${path}": ${reason}` }),
  );
});

it.skipIf(process.getuid?.() === 0)("a file that may not be read is a usage error", () => {
  writeFileSync(join(cwd, "secret"), "");
  chmodSync(join(cwd, "secret"), 0);
  expect(() => openInput("secret", io)).toThrow('cannot read "secret": permission denied');
});
