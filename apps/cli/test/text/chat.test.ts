/** `ropewalk generate --chat`: the prompt as a message, in the checkpoint's own template. */
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { ropewalk, scratch } from "../run.ts";

const folder = join(scratch, "chat");
cpSync(resolve("packages/tiny-models/stories260K"), folder, { recursive: true });
writeFileSync(
  join(folder, "chat_template.jinja"),
  "{{ bos_token }}{% for message in messages %}{{ message.content }} {% endfor %}",
);

it("gives what the rendered text gives", async () => {
  const after = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await ropewalk("generate", ...args, "--max-new-tokens", "20", "--json");
    const { ids, text } = JSON.parse(stdout) as { readonly ids: readonly number[]; readonly text: string };
    return JSON.stringify({ ids, text });
  };
  const chat = await after(folder, "Lily had a dog.", "--chat", "--system", "Once upon a time,");
  expect(chat).toBe(await after("stories260K", "Once upon a time, Lily had a dog. "));
  expect(chat).not.toBe(await after(folder, "Lily had a dog.", "--chat"));
});

it.each([
  [
    ["stories260K", "Hello", "--chat"],
    "generate: stories260K has no chat template; leave out --chat, or give one to `ropewalk chat` by --template",
  ],
  [[folder, "Hello", "--system", "Be brief."], "generate: --system is a part of a --chat"],
  [[folder, "--ids", "ids.json", "--chat"], "generate: --chat takes a text prompt, not --ids"],
])("refuses %j", async (args, message) => {
  const { stderr, code } = await ropewalk("generate", ...args);
  expect(code).toBe(1);
  expect(stderr).toBe(`ropewalk: ${message}\n`);
});
