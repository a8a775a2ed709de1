import type { Row } from "./audience.ts";
import type { Message, Variants } from "./channel.ts";
import { draw } from "./draw.ts";
import type { OwnTexts } from "./ports.ts";
import { createRenderer, withTexts } from "./values.ts";

/** Which variant each recipient gets. */
export interface Assignment {
  /** The number of variants. */
  count: number;
  /** The place of a recipient's variant in the list: the same in every run, on every machine. */
  placeOf(openId: string): number;
}

/** Holds each recipient's draw against the shares added up, in the order of the list. Undefined without variants. */
export function assignVariants(variants: Variants | undefined): Assignment | undefined {
  if (!variants) return undefined;
  const { seed, list } = variants;
  let sum = 0;
  const ends = list.map(({ share }) => {
    sum += share;
    return sum;
  });
  const last = list.length - 1;
  return {
    count: list.length,
    placeOf: (openId) => {
      const drawn = draw(seed, "variant", openId);
      const place = ends.findIndex((end) => drawn < end);
      // The sum of the shares may be a little less than 1.
      return place < 0 ? last : place;
    },
  };
}

/** Makes each recipient's own texts. */
export interface Texts {
  /** They have columns, so that none can be made without the recipient's row. */
  needsRow: boolean;
  of(openId: string, row: Row | undefined): OwnTexts;
}

/** Undefined when all get the same texts. */
export function createTexts(message: Message): Texts | undefined {
  const { columns, variants } = message;
  const assignment = assignVariants(variants);
  if (!variants || !assignment) {
    const render = createRenderer(message);
    return render && { needsRow: true, of: (_, row = []) => render(row) };
  }
  const renderers = variants.list.map((_, place) => createVariantRenderer(asVariant(message, place)));
  return {
    needsRow: columns !== undefined,
    of: (openId, row = []) => renderers[assignment.placeOf(openId)]!(row),
  };
}

/** All of the texts: those without a column must not be left to the message, whose own are the first variant's. */
function createVariantRenderer(message: Message): (row: Row) => OwnTexts {
  const values = message.fields.map(({ value }) => value);
  const render = createRenderer(message);
  if (!render) {
    const same = { values };
    return () => same;
  }
  return (row) => {
    const own = render(row);
    return { ...own, values: values.map((value, i) => own.values[i] ?? value) };
  };
}

/** Makes the message as each recipient gets it; without a row, its columns stay as they are. */
export function createMessages(message: Message): (openId: string, row?: Row) => Message {
  const assignment = assignVariants(message.variants);
  const makers = eachVariant(message).map((one) => {
    const render = createRenderer(one.message);
    return (row: Row | undefined) => (render && row ? withTexts(one.message, render(row)) : one.message);
  });
  return (openId, row) => makers[assignment?.placeOf(openId) ?? 0]!(row);
}

/** The message as the recipients of one variant get it; itself without variants. */
export function asVariant({ variants, ...message }: Message, place: number): Message {
  return { ...message, fields: variants?.list[place]?.fields ?? message.fields };
}

/** The messages that a broadcast sends, each with the name of its variant; one without a name where there are none. */
export function eachVariant(message: Message): { name: string | undefined; message: Message }[] {
  const { variants } = message;
  if (!variants) return [{ name: undefined, message }];
  return variants.list.map(({ name }, place) => ({ name, message: asVariant(message, place) }));
}
