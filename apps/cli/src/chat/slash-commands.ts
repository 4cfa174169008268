/** The commands that begin with a slash, a row each. */
import { closest, show } from "@ropewalk/check";
import type { Chat } from "@ropewalk/generation";
import { bytes, plural } from "../render/units.ts";
import type { Talk } from "./conversation.ts";

/** The current conversation, and those that are kept under names. */
export type Held = { readonly chat: Chat; readonly kept: ReadonlyMap<string, Chat> };

/** The result of a command: the conversations, a message, and whether to ask again or to leave. */
export type Done = Held & { readonly said: string; readonly asksAgain?: boolean; readonly leave?: boolean };

type Row = {
  readonly takes?: string;
  readonly does: string;
  readonly run: (held: Held, word: string, talk: Talk) => Done | Promise<Done>;
};

const turnsOf = (chat: Chat): string => `${plural(chat.turns, "turn")}, ${plural(chat.ids.length, "token")}`;

const countFrom = (word: string, { turns }: Chat): number => {
  const count = word === "" ? 1 : Number(word);
  if (!Number.isInteger(count) || count < 1 || count > turns)
    throw new RangeError(turns === 0 ? "there is no turn yet" : `turns must be from 1 to ${turns}, got ${show(word)}`);
  return count;
};

const nameFrom = (word: string, what: string): string => {
  if (word === "") throw new RangeError(`${what} needs a name`);
  return word;
};

const without = (kept: Held["kept"], name: string): Held["kept"] =>
  new Map([...kept].filter(([each]) => each !== name));

const help: Row = {
  does: "these lines",
  run: (held) => ({ ...held, said: helpText() }),
};

const reset: Row = {
  does: "begin a new conversation",
  run: ({ chat, kept }, _, { begin }) => {
    chat.release();
    return { chat: begin(), kept, said: "a new conversation" };
  },
};

const undo: Row = {
  takes: "[n]",
  does: "take back the last turn, or n of them",
  run: (held, word) => {
    held.chat.rollback(countFrom(word, held.chat));
    return { ...held, said: turnsOf(held.chat) };
  },
};

const retry: Row = {
  does: "answer the last question again, at a --temperature above 0",
  run: (held, _, { run }) => {
    countFrom("", held.chat);
    if (run.sampling?.kind !== "sample") throw new RangeError("/retry gives the same answer at --temperature 0");
    return { ...held, said: "", asksAgain: true };
  },
};

const fork: Row = {
  takes: "<name>",
  does: "keep the conversation as it is now under a name, and go on",
  run: ({ chat, kept }, word) => {
    const name = nameFrom(word, "/fork");
    kept.get(name)?.release();
    return { chat, kept: new Map([...kept, [name, chat.fork()]]), said: `${name}: ${turnsOf(chat)}` };
  },
};

const back: Row = {
  takes: "<name>",
  does: "continue a conversation that was kept; it stays kept",
  run: ({ chat, kept }, word) => {
    const name = nameFrom(word, "/back");
    const found = kept.get(name);
    if (found === undefined)
      throw new RangeError(
        `/back must name one that is kept, ${[...kept.keys()].join(", ") || "of which there is none"}, got ${show(name)}`,
      );
    chat.release();
    return { chat: found.fork(), kept, said: `${name}: ${turnsOf(found)}` };
  },
};

const drop: Row = {
  takes: "<name>",
  does: "remove a conversation that was kept",
  run: ({ chat, kept }, word) => {
    const name = nameFrom(word, "/drop");
    const found = kept.get(name);
    if (found === undefined) throw new RangeError(`/drop must name one that is kept, got ${show(name)}`);
    found.release();
    return { chat, kept: without(kept, name), said: `${name} is gone` };
  },
};

const save: Row = {
  takes: "<file>",
  does: "write what was said to a file, for --after",
  run: async (held, word) => {
    const path = nameFrom(word, "/save");
    const past = await held.chat.read();
    try {
      const size = await past.save(path);
      return { ...held, said: `${path}: ${turnsOf(held.chat)}, ${bytes(size)}` };
    } finally {
      past.release();
    }
  },
};

const about: Row = {
  does: "the conversation's length and bytes, and what is kept",
  run: (held, _, { model, document }) => {
    const { capacity } = model.extended;
    const { chat, kept } = held;
    const lines = [
      `${turnsOf(chat)} of ${Number.isFinite(capacity) ? capacity : "any number"}, ${bytes(chat.bytes)}`,
      ...(document ? [`behind ${plural(document.ids.length, "token")} of a document`] : []),
      ...[...kept].map(([name, each]) => `${name}: ${turnsOf(each)}`),
    ];
    return { ...held, said: lines.join("\n") };
  },
};

const exit: Row = { does: "leave, as Ctrl-D does", run: (held) => ({ ...held, said: "", leave: true }) };

const rows: Readonly<Record<string, Row>> = { help, reset, undo, retry, fork, back, drop, save, about, exit };

const helpText = (): string =>
  [
    ...Object.entries(rows).map(
      ([name, { takes = "", does }]) => `${`/${name} ${takes}`.trimEnd().padEnd(14)} ${does}`,
    ),
    "Ctrl-C         stop an answer; the part that was given stays",
    "\\              at a line's end: the message continues in the next line",
  ].join("\n");

export const isCommand = (line: string): boolean => line.startsWith("/");

/** @throws Error with a message for the user; the conversations are then unchanged */
export const command = async (line: string, held: Held, talk: Talk): Promise<Done> => {
  const [name = "", ...words] = line.slice(1).trim().split(/\s+/);
  const row = Object.hasOwn(rows, name) ? rows[name]! : undefined;
  const word = words.join(" ");
  if (row === undefined) {
    const meant = closest(name, Object.keys(rows));
    throw new RangeError(
      `/${name} is no command${meant === undefined ? "" : `; /${meant} is meant?`} (/help lists them)`,
    );
  }
  if (row.takes === undefined && word !== "") throw new RangeError(`/${name} takes nothing, got ${show(word)}`);
  return row.run(held, word, talk);
};
