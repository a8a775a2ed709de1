import { writeEntry } from "../pool/code.ts";
import type { PushRequest } from "../pool/ports.ts";

export interface DemoUser {
  openId: string;
  /** Codes that the platform really issued. */
  codes: { formId: string; expireMs: number }[];
  /** What the backend pushed, in order. */
  entries: PushRequest[];
}

const USERS = 1000;
const DAY_MS = 24 * 3600 * 1000;
const CODE_LIFE_MS = 7 * DAY_MS;

/** 1,000 users whose pools hold what real ones do: mostly good codes, and everything else that backends leave there. */
export function demoUsers(nowMs: number): DemoUser[] {
  return Array.from({ length: USERS }, (_, i) => demoUser(i, nowMs));
}

function demoUser(i: number, nowMs: number): DemoUser {
  const openId = `demo-user-${String(i).padStart(4, "0")}`;
  const user: DemoUser = { openId, codes: [], entries: [] };
  const code = (n: number, ageDays: number) => {
    const formId = `form${String(i).padStart(4, "0")}x${n}`;
    const expireMs = nowMs - Math.round(ageDays * DAY_MS) + CODE_LIFE_MS - i * 1000;
    user.codes.push({ formId, expireMs });
    return { formId, expireMs };
  };
  const push = (entry: string, formId = `entry-${i}-${user.entries.length}`) =>
    user.entries.push({ formId, entry });
  if (i % 10 === 9) return user;
  if (i % 10 === 8) {
    push(writeEntry(code(0, 9)));
    push(writeEntry(code(1, 8)));
  } else if (i % 10 === 7) pushMixed(push, code);
  else for (let n = 0; n <= i % 3; n++) push(writeEntry(code(n, 6 - 2 * n - (i % 7) / 4)));
  return user;
}

type Push = (entry: string) => void;
type MakeCode = (n: number, ageDays: number) => { formId: string; expireMs: number };

/** One entry of each kind of writer, good ones among useless ones. */
function pushMixed(push: Push, code: MakeCode): void {
  push(writeEntry(code(0, 8)));
  push("FormTemplateVO(formId=1b6d3586, expire=1568000000000)");
  push(JSON.stringify({ formId: "the formId is a mock one", expire: code(1, 1).expireMs }));
  const jackson = code(2, 3);
  push(
    JSON.stringify({
      "@class": "com.example.FormTemplateVO",
      formId: jackson.formId,
      expire: jackson.expireMs,
    }),
  );
  const double = code(3, 2);
  push(JSON.stringify(JSON.stringify({ formId: double.formId, expire: double.expireMs })));
  const seconds = code(4, 1);
  push(JSON.stringify({ form_id: seconds.formId, expire_time: Math.floor(seconds.expireMs / 1000) }));
}
