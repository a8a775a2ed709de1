import { usageError } from "../errors.ts";
import type { Message } from "./channel.ts";

/** Rejects a message that the API would refuse for every recipient. Throws a usage error naming the value. */
export function checkMessage(message: Message): Message {
  const { templateId, page, fields } = message;
  for (const { name, value } of fields) checkText(name, value);
  if (page !== undefined) checkText("--page", page);
  if (!/^[\w-]{1,128}$/.test(templateId)) {
    throw usageError(
      `'${templateId}' is not a template id`,
      "copy it from the mini program's console: letters, digits, _ and -",
    );
  }
  if (
    page !== undefined &&
    (page === "" ||
      page !== page.trim() ||
      page.startsWith("/") ||
      /^[a-z]+:/i.test(page) ||
      page.length > 1024)
  ) {
    throw usageError(
      `'${page}' is not a page path`,
      "a page of the mini program without a leading slash, e.g. --page 'pages/index?from=push'",
    );
  }
  return message;
}

/** Throws a usage error for bytes that were no text, and for what a terminal would obey instead of showing it. */
function checkText(name: string, text: string): void {
  if (text.includes("\ufffd")) {
    throw usageError(
      `${name} is not UTF-8: ${JSON.stringify(text)}`,
      "the terminal or the script has another encoding: save the script as UTF-8",
    );
  }
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text)?.[0];
  if (control === undefined) return;
  const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  throw usageError(`${name} holds the control character U+${code}: ${JSON.stringify(text)}`, "leave it out");
}
