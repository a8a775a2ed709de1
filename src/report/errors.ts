import type { ErrorGroup } from "../broadcast/outcome.ts";
import { formatCount, formatDuration } from "../output/format.ts";
import type { ReportData } from "./data.ts";
import { foreign, type Html, html } from "./html.ts";

/** What the platform answered instead of ok, what that means and what can be done. */
export function renderErrors(data: ReportData): Html {
  const { errors, outages } = data.view.result;
  const down = outages?.count
    ? html`<p>The API was down ${outages.count === 1 ? "once" : `${formatCount(outages.count)} times`}, for ${formatDuration(outages.ms)}.</p>`
    : undefined;
  const body =
    errors.length === 0
      ? html`<p>None: the platform accepted every request.</p>`
      : html`<table class="small"><thead><tr><th scope="col">Answer, meaning and remedy</th><th scope="col" class="n">Times</th></tr></thead>
<tbody>${errors.map((group) => renderGroup(group, data))}</tbody></table>
<p class="note">Every answer counts, those included that were followed by a successful retry.</p>`;
  return html`<section aria-labelledby="errors"><h2 id="errors">Errors</h2>${down}${body}</section>`;
}

function renderGroup({ errcode, errmsg, count }: ErrorGroup, { meaningOf, remedyOf }: ReportData): Html {
  const meaning = errcode === null ? undefined : (meaningOf(errcode) ?? "not documented");
  const remedy = errcode === null ? undefined : remedyOf(errcode);
  const name = errcode === null ? "no errcode" : html`errcode ${foreign(String(errcode), 60)}`;
  return html`<tr><th scope="row">${name}${meaning && html`: ${foreign(meaning)}`}${remedy && html`<span class="remedy">${foreign(remedy)}</span>`}<span class="note">${foreign(errmsg, 300)}</span></th><td class="n">${formatCount(count)}</td></tr>
`;
}
