/** What the platform will say to a code, and what push-cli can see of it beforehand. */
export type CodeKind =
  | "good"
  /** Past its time; dropped unseen. */
  | "expired"
  /** Used up behind our back: 41029. */
  | "used-up"
  /** Never issued to this user: 41028. */
  | "refused"
  /** A prepay_id, good for three messages. */
  | "multi"
  /** The developer tools' excuse in the place of a formId; kept, never sent with. */
  | "garbage";

export interface Code {
  kind: CodeKind;
  formId: string;
  /** Epoch ms. */
  expire: number;
  /** As the entry says, when it does. */
  uses?: number;
  /** Of a payment at Baidu. */
  scene?: number;
}

/** How a writer put codes into one list entry; `unreadable` holds none. */
export type Form =
  | "plain"
  | "class"
  | "fastjson"
  | "double"
  | "list"
  | "java-list"
  | "double-list"
  /** Of a consent; its id is in the place of the formId, and it never expires. */
  | "consent"
  /** A standing one. */
  | "standing"
  /** Of a user who has nothing in Redis. */
  | "none"
  | "unreadable";

export interface Entry {
  form: Form;
  codes: Code[];
  /** Of an unreadable one. */
  bytes?: string;
}

export interface User {
  openId: string;
  /** In the pool at the start, the oldest first. */
  entries: Entry[];
  /** What the backend pushed during the round, in its order. */
  pushed: Entry[];
}

/** Where a code stands in a pool. */
export interface Place {
  entry: number;
  at: number;
  code: Code;
}

/** The bytes of an entry, as its writer would have serialised it. */
export function renderEntry({ form, codes, bytes }: Entry): string {
  const plain = codes.map(({ formId, expire, uses, scene }) => ({
    formId,
    expire,
    ...(uses ? { uses } : {}),
    ...(scene ? { scene } : {}),
  }));
  const [first] = plain;
  switch (form) {
    case "plain":
      return JSON.stringify(first);
    case "class":
      return JSON.stringify({ "@class": "com.example.FormTemplateVO", ...first });
    case "fastjson":
      return `{"@type":"com.example.FormTemplateVO","expire":${first?.expire}L,"formId":"${first?.formId}"}`;
    case "double":
      return JSON.stringify(JSON.stringify(first));
    case "list":
      return JSON.stringify(plain);
    case "java-list":
      return JSON.stringify(["java.util.ArrayList", plain]);
    case "double-list":
      return JSON.stringify(JSON.stringify(plain));
    case "consent":
      return JSON.stringify({ consent: first?.formId, at: first?.expire });
    case "standing":
      return JSON.stringify({ consent: first?.formId, at: first?.expire, standing: true });
    case "none":
      return "";
    case "unreadable":
      return bytes ?? "";
  }
}

/** The codes that push-cli will try, in its order: valid as far as can be seen from outside. */
export function candidates(entries: readonly Entry[]): Place[] {
  return entries.flatMap(({ codes }, entry) =>
    codes.flatMap((code, at) =>
      code.kind === "expired" || code.kind === "garbage" ? [] : [{ entry, at, code }],
    ),
  );
}

/**
 * What is left of a pool after a broadcast that ended with the code at `taken`, or found none (undefined): expired codes
 * met on the way and refused ones are gone, everything else stands as it did.
 */
export function entriesAfter(entries: readonly Entry[], taken: Place | undefined): Entry[] {
  const last = taken?.entry ?? entries.length;
  return entries.flatMap((entry, index) => {
    if (index > last) return [entry];
    return keepCodes(entry, (code, at) => spare(code, at, index === taken?.entry ? taken.at : undefined));
  });
}

export function withoutExpired(entries: readonly Entry[]): Entry[] {
  return entries.flatMap((entry) => keepCodes(entry, (code) => (code.kind === "expired" ? undefined : code)));
}

/** What stays of a code up to the taken one's entry; `taken` is the place of the taken one in this very entry. */
function spare(code: Code, at: number, taken: number | undefined): Code | undefined {
  if (at === taken)
    return code.uses !== undefined && code.uses > 1 ? { ...code, uses: code.uses - 1 } : undefined;
  if (code.kind === "expired") return undefined;
  const wasTried = code.kind === "used-up" || code.kind === "refused";
  return wasTried && (taken === undefined || at < taken) ? undefined : code;
}

/** An entry that loses its last code is gone; one that never had any is not understood, and stays. */
function keepCodes(entry: Entry, keep: (code: Code, at: number) => Code | undefined): Entry[] {
  const codes = entry.codes.map(keep).filter((code) => code !== undefined);
  return entry.codes.length > 0 && codes.length === 0 ? [] : [{ ...entry, codes }];
}
