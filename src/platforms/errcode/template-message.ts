import type { Message, MessageInput } from "../../broadcast/channel.ts";
import { usageError } from "../../errors.ts";

/** The message of a template whose places are keyword1, keyword2 ... Throws a usage error. */
export function toTemplateMessage({ templateId, page, values, named, options }: MessageInput): Message {
  if (named && Object.keys(named).length > 0) {
    throw usageError("--field: the templates of this channel have keywords", "give --keywords 'a,b,c'");
  }
  const { emphasis } = options;
  if (emphasis !== undefined && (Number(emphasis) < 1 || Number(emphasis) > values.length)) {
    throw usageError(
      `--emphasis ${emphasis} names a keyword that is not there`,
      values.length === 0 ? "give --keywords too" : `the last of --keywords is number ${values.length}`,
    );
  }
  return {
    templateId,
    fields: values.map((value, i) => ({ name: `keyword${i + 1}`, value })),
    page,
    ...(emphasis === undefined ? {} : { options: { emphasis } }),
  };
}
