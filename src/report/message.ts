import type { Message, MessageField } from "../broadcast/channel.ts";
import type { VariantResult } from "../broadcast/outcome.ts";
import { formatCount, formatCounted, formatShare } from "../output/format.ts";
import type { ReportData } from "./data.ts";
import { foreign, type Html, html } from "./html.ts";

/** The message as a phone shows it, or each of its variants. */
export function renderMessages({ view, channel }: ReportData): Html {
  const { message } = view.record;
  const results = new Map(view.result.variants?.map((one) => [one.name, one]));
  const variants = message.variants?.list ?? [];
  const cards =
    variants.length === 0
      ? [renderPhone(message, message.fields)]
      : variants.map(
          ({ name, share, fields }) =>
            html`<figure class="variant"><figcaption>Variant ${foreign(name, 60)}: ${formatShare(share, 1)} of the users${renderCounts(results.get(name))}</figcaption>${renderPhone(message, fields)}</figure>`,
        );
  return html`<section aria-labelledby="message"><h2 id="message">The message</h2>
${cards}
<p class="note">${channel}, template <span class="id">${foreign(message.templateId)}</span>.${message.columns ? " Marked words are filled in for each user." : ""}</p>
</section>`;
}

/** What became of a variant, where it is known. */
function renderCounts(result: VariantResult | undefined): Html | undefined {
  if (!result) return undefined;
  const { recipients, outcomes } = result;
  const shown = VARIANT_OUTCOMES.filter((name) => name === "sent" || outcomes[name] > 0);
  const counts = shown.map((name) => `${formatCount(outcomes[name])} ${name.replace("_", " ")}`).join(", ");
  return html` <span class="note">${counts} of ${formatCounted(recipients, "recipient")}</span>`;
}

const VARIANT_OUTCOMES = ["sent", "rejected", "failed", "unknown", "no_code"] as const;

function renderPhone(message: Message, fields: readonly MessageField[]): Html {
  const hasColumns = message.columns !== undefined;
  const large = Number(message.options?.emphasis ?? 0) - 1;
  const emphasised = fields[large];
  return html`<div class="phone"><div class="bubble">
<p class="subject">${message.title ? foreign(message.title, 120) : html`<span class="dim">Template ${foreign(message.templateId)}</span>`}</p>
${emphasised && html`<p class="large">${renderValue(emphasised.value, hasColumns)}<span>${foreign(emphasised.label ?? emphasised.name, 60)}</span></p>`}
${renderFields(
  fields.filter((field) => field !== emphasised),
  hasColumns,
  emphasised !== undefined,
)}
${renderLink(message, hasColumns)}
</div></div>`;
}

function renderFields(
  fields: readonly MessageField[],
  hasColumns: boolean,
  hasMore: boolean,
): Html | undefined {
  if (fields.length === 0)
    return hasMore ? undefined : html`<p class="dim">No values: the message is blank.</p>`;
  const rows = fields.map(
    ({ name, label, value }) =>
      html`<div><dt>${foreign(label ?? name, 60)}</dt><dd>${value === "" ? html`<span class="dim">(empty)</span>` : renderValue(value, hasColumns)}</dd></div>`,
  );
  return html`<dl>${rows}</dl>`;
}

function renderLink({ page, options = {} }: Message, hasColumns: boolean): Html {
  const opens = (what: string, where: Html) => html`<p class="opens"><span>${what}</span> ${where}</p>`;
  if (options.miniprogramAppid)
    return opens("Opens mini program", foreign(`${options.miniprogramAppid} ${page ?? ""}`.trim()));
  if (options.url) return opens("Opens", foreign(options.url));
  if (page !== undefined) return opens("Opens page", renderValue(page, hasColumns));
  return html`<p class="opens dim">Opens nothing.</p>`;
}

/** Longer values than any platform takes would only push the rest away. */
const MOST = 300;

/** Literal braces, or the name of a column. */
const PLACE = /\{\{\{\{|\{\{([^}]*)\}\}/g;

/** A value with the columns in it marked. */
function renderValue(value: string, hasColumns: boolean): Html {
  if (!hasColumns) return foreign(value, MOST);
  const pieces: Html[] = [];
  let at = 0;
  for (const match of value.matchAll(PLACE)) {
    pieces.push(foreign(value.slice(at, match.index), MOST));
    pieces.push(match[1] === undefined ? html`{{` : html`<mark>${foreign(match[1].trim())}</mark>`);
    at = match.index + match[0].length;
  }
  pieces.push(foreign(value.slice(at), MOST));
  return html`${pieces}`;
}
