/** The part of a request target before the query. */
export function pathOf(url: string): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

/**
 * The first value of a query parameter. Parsed by hand, because a URL object costs more than the rest of a
 * send.
 */
export function queryValue(url: string, name: string): string | undefined {
  let mark = url.indexOf("?");
  while (mark >= 0) {
    const start = mark + 1;
    const equals = start + name.length;
    mark = url.indexOf("&", start);
    if (url.startsWith(name, start) && url[equals] === "=") {
      return decode(url.slice(equals + 1, mark < 0 ? undefined : mark));
    }
  }
  return undefined;
}

function decode(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // A stray % stands for itself, as in most servers.
    return text;
  }
}
