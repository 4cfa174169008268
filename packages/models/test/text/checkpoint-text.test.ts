/** What a checkpoint says of texts: its tokenizer, its chat template, its special tokens. */
import { bytesOf } from "@ropewalk/testing/checkpoints/safetensors-file";
import { smallCheckpoint, smallConfig } from "@ropewalk/testing/checkpoints/small-checkpoint";
import { describe, expect, it } from "vitest";
import { inMemory, loadCheckpoint } from "../../src/index.ts";

const load = (files: Readonly<Record<string, Uint8Array>>) => loadCheckpoint(inMemory("small", files));

const json = (value: unknown): Uint8Array => bytesOf(JSON.stringify(value));

describe("loadCheckpoint", () => {
  it("reads the tokenizer where there is one", async () => {
    const files = smallCheckpoint();
    const tokenizer = { "tokenizer.json": json({ version: "1.0" }) };
    const config = { "tokenizer_config.json": json({ add_bos_token: true }) };
    expect((await load(files)).tokenizer).toBeUndefined();
    expect((await load({ ...files, ...config })).tokenizer).toBeUndefined();
    expect((await load({ ...files, ...tokenizer })).tokenizer).toEqual({
      tokenizer: { version: "1.0" },
      config: {},
    });
    expect((await load({ ...files, ...tokenizer, ...config })).tokenizer).toEqual({
      tokenizer: { version: "1.0" },
      config: { add_bos_token: true },
    });
  });

  it.each<[string, Readonly<Record<string, Uint8Array>>, string | undefined]>([
    ["none", {}, undefined],
    ["a key", { "tokenizer_config.json": json({ chat_template: "a" }) }, "a"],
    ["null", { "tokenizer_config.json": json({ chat_template: null }) }, undefined],
    [
      "the default of several",
      {
        "tokenizer_config.json": json({
          chat_template: [
            { name: "tool_use", template: "b" },
            { name: "default", template: "c" },
          ],
        }),
      },
      "c",
    ],
    [
      "a file before a key",
      { "tokenizer_config.json": json({ chat_template: "a" }), "chat_template.jinja": bytesOf("d") },
      "d",
    ],
  ])("reads the chat template: %s", async (_, files, chatTemplate) => {
    const { tokenizer } = await load({ ...smallCheckpoint(), "tokenizer.json": json({}), ...files });
    expect(tokenizer?.chatTemplate).toBe(chatTemplate);
  });

  it.each<[string, object, object | undefined, number | undefined, readonly number[]]>([
    ["none", {}, undefined, undefined, []],
    ["null", { bos_token_id: null, eos_token_id: null }, {}, undefined, []],
    ["a number", { bos_token_id: 1, eos_token_id: 2 }, undefined, 1, [2]],
    ["several", { bos_token_id: 0, eos_token_id: [2, 3] }, undefined, 0, [2, 3]],
    ["the generation's first", { bos_token_id: 1, eos_token_id: 2 }, { eos_token_id: [3, 4] }, 1, [3, 4]],
  ])("reads special tokens: %s", async (_, config, generation, bosToken, stopTokens) => {
    const files = {
      ...smallCheckpoint({ ...smallConfig, ...config }),
      ...(generation && { "generation_config.json": json(generation) }),
    };
    expect(await load(files)).toMatchObject({ bosToken, stopTokens });
  });
});
