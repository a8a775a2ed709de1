import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What came to the callback URL. */
export interface Post {
  query: URLSearchParams;
  contentType: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  posts: Post[];
  /** The queries of the requests to echo. */
  asked: URLSearchParams[];
  /** Resolves when so many have come, in the order in which they came. */
  wait(count: number): Promise<Post[]>;
}

/** A callback of a team's: `answer` says what it replies to the n-th post, from 0; undefined: nothing. */
export async function withReceiver(
  answer: (n: number) => { status: number; body: string } | undefined,
  body: (receiver: Receiver) => Promise<void>,
): Promise<void> {
  const posts: Post[] = [];
  const asked: URLSearchParams[] = [];
  const waits: { count: number; resolve: (posts: Post[]) => void }[] = [];
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join("");
    const query = new URL(request.url ?? "", "http://callback").searchParams;
    if (request.method === "GET") {
      asked.push(query);
      response.end(query.get("echostr"));
      return;
    }
    const reply = answer(posts.length);
    const { headers } = request;
    posts.push({ query, contentType: headers["content-type"], headers, body: text });
    for (const { count, resolve } of waits) if (posts.length === count) resolve(posts);
    if (reply) response.writeHead(reply.status).end(reply.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await body({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/push?from=sandbox`,
      posts,
      asked,
      wait: (count) =>
        posts.length >= count
          ? Promise.resolve(posts)
          : new Promise((resolve) => waits.push({ count, resolve })),
    });
  } finally {
    await close(server);
  }
}

async function close(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}

export const SUCCESS = () => ({ status: 200, body: "success" });
