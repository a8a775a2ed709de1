import { usageError } from "../errors.ts";
import type { Message } from "./channel.ts";

/** Rejects a message that the API would refuse for every recipient. Throws a usage error naming the value. */
export function checkMessage(message: Message): Message {
  const { templateId } = message;
  const fault = faultOfTexts(message);
  if (fault) throw usageError(fault.what, fault.hint);
  if (!/^[\w-]{1,128}={0,2}$/.test(templateId)) {
    throw usageError(
      `'${templateId}' is not a template id`,
      "copy it from the mini program's console: letters, digits, _ and -",
    );
  }
  return message;
}

interface TextFault {
  what: string;
  hint: string;
}

/** The first fault in the values or the page. */
export function faultOfTexts({ fields, page }: Message): TextFault | undefined {
  for (const { name, value } of fields) {
    const fault = faultOfText(name, value);
    if (fault) return fault;
  }
  return page === undefined ? undefined : (faultOfText("--page", page) ?? faultOfPage(page));
}

function faultOfPage(page: string): TextFault | undefined {
  const isPath = page !== "" && page === page.trim() && !page.startsWith("/") && !/^[a-z]+:/i.test(page);
  if (isPath && page.length <= 1024) return undefined;
  return {
    what: `'${page}' is not a page path`,
    hint: "a page of the mini program without a leading slash, e.g. --page 'pages/index?from=push'",
  };
}

/** Rejects bytes that were not text, and control characters that a terminal would obey instead of showing. */
function faultOfText(name: string, text: string): TextFault | undefined {
  if (text.includes("\ufffd")) {
    return {
      what: `${name} is not UTF-8: ${JSON.stringify(text)}`,
      hint: "the terminal or the script uses another encoding: save the script as UTF-8",
    };
  }
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text)?.[0];
  if (control === undefined) return undefined;
  const code = control.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  return {
    what: `${name} contains the control character U+${code}: ${JSON.stringify(text)}`,
    hint: "leave it out",
  };
}
