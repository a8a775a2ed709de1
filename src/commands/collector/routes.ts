import type { CollectorNeeds } from "../deps.ts";
import type { Secrets } from "./secrets.ts";

/** What is open, for whoever reads the log: a route that is not there answers 404, and nobody would know why. */
export function openRoutes(
  { trustHeader, cloudHosting }: Pick<CollectorNeeds, "trustHeader" | "cloudHosting">,
  secrets: Secrets,
  hasLogin: boolean,
): string[] {
  const hasReports = secrets.collectorSecret !== undefined || trustHeader !== undefined;
  const hasCallback = secrets.callbackToken !== undefined || cloudHosting;
  return [
    ...(hasLogin && secrets.collectorSecret !== undefined && trustHeader === undefined ? ["/login"] : []),
    ...(hasReports ? ["/codes", "/consents"] : []),
    ...(hasCallback ? ["/callback"] : []),
    "/healthz",
    "/metrics",
  ];
}
