import type { Message } from "../../broadcast/channel.ts";
import type { Addressee } from "../../broadcast/ports.ts";
import { createOwnData } from "./own-data.ts";

export type BodyFor = (to: Addressee) => string;

/** The parts of a message's body besides its template and values. */
export interface BodyParts {
  /** Members specific to each recipient, as JSON without its braces: `"touser":"o1"`. */
  head(to: Addressee): string;
  /** Members common to all recipients. */
  same?: Readonly<Record<string, unknown>>;
  /** Where the message leads, which may be specific to a recipient; defaults to `page`. */
  link?(page: string | undefined): Readonly<Record<string, unknown>>;
}

/**
 * Makes the JSON body for one recipient; all parts that are the same for everybody are serialised once, here.
 */
export function createJsonBody(message: Message, { head, same = {}, link = toPage }: BodyParts): BodyFor {
  const { templateId, page, fields } = message;
  const others = membersOf({ template_id: templateId, ...same });
  const data = JSON.stringify(Object.fromEntries(fields.map(({ name, value }) => [name, { value }])));
  const dataOf = createOwnData(message);
  const rest = `${others}${membersOf(link(page))},"data":${data}}`;
  return (to) => {
    const { own } = to;
    const tail = own ? `${others}${membersOf(link(own.page ?? page))},"data":${dataOf(own)}}` : rest;
    return `{${head(to)}${tail}`;
  };
}

function toPage(page: string | undefined) {
  return { page };
}

/** `,"a":1,"b":2`; undefined members are left out. */
function membersOf(object: Readonly<Record<string, unknown>>): string {
  const members = JSON.stringify(object).slice(1, -1);
  return members === "" ? "" : `,${members}`;
}
