import { expect, it } from "vitest";
import { plainEntry } from "../../helpers/redis.ts";
import { HOUR_MS, useWorld } from "../world.ts";

const world = useWorld();

async function send(id: string) {
  await world.redis.push(`o-${id}`, plainEntry(`f-${id}`, Date.now() + HOUR_MS));
  const { code } = await world.cli(["broadcast", "order-shipped", "--no-keywords", "--yes", "--id", id]);
  expect(code).toBe(0);
}

const LIST = "to list all broadcasts: push-cli broadcast list";

it.each([
  ["spring-sale", LIST.replace("to", "did you mean spring-sale-2 or spring-sale-1? to")],
  ["sale-2", LIST.replace("to", "did you mean spring-sale-2? to")],
  ["sp", LIST],
  ["autumn", LIST],
])("an id that is not whole ('%s') leads to those of which it is a part", async (part, hint) => {
  await send("spring-sale-1");
  await send("spring-sale-2");
  for (const words of [
    ["show", part],
    ["resume", part, "--yes"],
    ["recipients", part],
  ]) {
    const { code, stderr } = await world.cli(["broadcast", ...words, "--json"]);
    expect(code).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: "nothing", message: `there is no broadcast '${part}'`, hint },
    });
  }
});
