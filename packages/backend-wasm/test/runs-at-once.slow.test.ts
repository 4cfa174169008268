import { openFolder } from "@ropewalk/models/node";
import { passkey875k, stories260K } from "@ropewalk/tiny-models";
import { expect, it } from "vitest";
import { runAborted, runMixes, type Folders } from "./runs-at-once.ts";

const folders: Folders = { stories: () => openFolder(stories260K.url), passkey: () => openFolder(passkey875k.url) };

it("prompts at once give what each gives alone", async () => {
  expect(await runMixes(folders)).toEqual({ mixes: 48, wrong: [] });
}, 600_000);

it("an abort and timers arrive while tokens come", async () => {
  const { tokens, ticks, late, message } = await runAborted(folders);
  expect(message).toBe("stop");
  expect(tokens).toBeLessThan(400);
  expect(ticks).toBeGreaterThan(0);
  expect(late).toBeLessThan(200);
});
