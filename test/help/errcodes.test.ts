import { expect, it } from "vitest";
import type { AnswerClass } from "../../src/broadcast/ports.ts";
import type { ErrcodeTable } from "../../src/platforms/errcode/verdicts.ts";
import { TEMPLATE_SEND, TOKEN_ENDPOINT } from "../../src/platforms/wechat/errcodes.ts";
import { SUBSCRIBE_SEND } from "../../src/platforms/wechat/subscribe/errcodes.ts";
import { readPage } from "./pages.ts";

const TABLES: readonly ErrcodeTable[] = [TEMPLATE_SEND, SUBSCRIBE_SEND, TOKEN_ENDPOINT];
/** The sections of the page, and what answers they are about. */
const SECTIONS: Record<string, AnswerClass[]> = {
  "Codes and consents that are refused": ["permission_refused"],
  "Users who can't be messaged": ["user_refuses", "user_unknown", "permission_gone", "not_today"],
  "Busy, and quotas": ["ambiguous", "later", "quota"],
  "The access token": ["token"],
  "Messages that are refused": ["message_refused"],
  "Errcodes that stop the run": ["fatal"],
};
const page = readPage("troubleshooting");

/** The errcodes in the first column of a section's table. */
function listedIn(title: string): number[] {
  const [, text = ""] = new RegExp(`^### ${title}$([\\s\\S]*?)(?=^#|(?![\\s\\S]))`, "m").exec(page) ?? [];
  return [...text.matchAll(/^\| (-?\d[-\d, ]*) \|/gm)].flatMap(([, codes = ""]) =>
    codes.split(", ").map(Number),
  );
}

it.each(Object.entries(SECTIONS))(
  "lists under '%s' nothing but what the program takes for that",
  (title, classes) => {
    const codes = listedIn(title);
    expect(codes.length).toBeGreaterThan(2);
    const classesOf = (code: number) => TABLES.flatMap((table) => table.get(code)?.class ?? []);
    expect(codes.filter((code) => !classesOf(code).some((one) => classes.includes(one)))).toEqual([]);
  },
);

it("lists every errcode that the program knows", () => {
  const listed = Object.keys(SECTIONS).flatMap(listedIn);
  const known = TABLES.flatMap((table) => [...table.keys()]).filter((code) => code !== 0);
  expect([...new Set(known)].filter((code) => !listed.includes(Number(code)))).toEqual([]);
});
