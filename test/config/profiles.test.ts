import { describe, expect, it } from "vitest";
import { failure, here, home, load, useFolder, users, write } from "./folder.ts";

useFolder();

const PROFILES = { live: { keyPrefix: "live:", production: true }, test: { keyPrefix: "test:" } };

describe("the default profile", () => {
  it("is taken where neither flag nor variable names one", async () => {
    write(here, { defaultProfile: "test", profiles: PROFILES });
    expect(await load()).toMatchObject({ profile: "test", keyPrefix: "test:", sources: { profile: "file" } });
    expect((await load({ profile: "live" })).keyPrefix).toBe("live:");
    expect((await load({}, { PUSH_CLI_PROFILE: "live" })).keyPrefix).toBe("live:");
  });

  it("of the project goes before the user's, and may stand in the other file", async () => {
    write(here, { profiles: { test: { keyPrefix: "project:" } } });
    write(users, { defaultProfile: "live", profiles: PROFILES });
    expect((await load({}, home())).keyPrefix).toBe("live:");
    write(here, { defaultProfile: "test", profiles: { test: { keyPrefix: "project:" } } });
    expect((await load({}, home())).keyPrefix).toBe("project:");
  });

  it("that no file has is an error about the place that names it", async () => {
    write(here, { defaultProfile: "tset", profiles: PROFILES });
    expect(await failure()).toMatchObject({
      kind: "config",
      message: `"defaultProfile" in "${here}": unknown profile "tset"`,
      hint: 'did you mean "test"? available profiles: live, test',
    });
  });
});

describe("the mark of production", () => {
  it("is that of the profile in use", async () => {
    write(here, { profiles: PROFILES });
    expect((await load({ profile: "live" })).production).toBe(true);
    expect((await load({ profile: "test" })).production).toBe(false);
    expect((await load()).production).toBe(false);
  });

  it("of the project's file goes before that of the user's", async () => {
    write(users, { profiles: PROFILES });
    write(here, { profiles: { live: {}, test: { production: true } } });
    expect((await load({ profile: "live" }, home())).production).toBe(true);
    expect((await load({ profile: "test" }, home())).production).toBe(true);
    write(here, { profiles: { live: { production: false } } });
    expect((await load({ profile: "live" }, home())).production).toBe(false);
  });
});

it("a file of profiles of which none is chosen is warned of", async () => {
  write(here, { profiles: { live: { appid: "wxlive" }, test: { appid: "wxtest" } } });
  expect((await load()).warnings).toEqual([
    'no profile is chosen, so these are not used: live, test; use --profile live, or set "defaultProfile"',
  ]);
  expect((await load({ profile: "test" })).warnings).toEqual([]);
  write(here, { keyPrefix: "k:", profiles: { live: { appid: "wxlive" } } });
  expect((await load()).warnings).toEqual([]);
  write(here, { defaultProfile: "live", profiles: { live: { appid: "wxlive" } } });
  expect(await load()).toMatchObject({ appid: "wxlive", warnings: [] });
});
