/** A chat template sees the messages and nothing behind them: no object of JavaScript, no module, no clock but the day, no file. */
import { expect, it } from "vitest";
import { chatFormat } from "../../src/index.ts";

const said = [{ role: "user", content: "Hi {{ 7 * 7 }}" }];

/** What a template writes, or that it is refused by name. */
const written = (expression: string): string => {
  try {
    return chatFormat(`<{{ ${expression} }}>`, { bos_token: "<s>" })(said);
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
    expect((error as Error).message).toMatch(/^chatFormat: /);
    return "refused";
  }
};

const values = [
  "messages",
  "messages[0]",
  "''",
  "'x'.split",
  "[]",
  "{}",
  "1",
  "none",
  "range",
  "namespace()",
  "bos_token",
];
const ways = [
  ...[".constructor", "['constructor']", ".__proto__", "['__proto__']", ".prototype", ".__class__", ".__globals__"],
  ...[".valueOf()", ".toString()", ".then", ".call", ".apply", ".bind", ".value", ".builtins", ".evaluate"],
  ...[".constructor.constructor('return process')()", "['constructor']['constructor']('return 1')()"],
  ...[".__class__.__mro__[1].__subclasses__()", " | attr('constructor')", " | map(attribute='__proto__') | list"],
];

it("reaches nothing by way of a value", () => {
  const all = values.flatMap((value) => ways.map((way) => written(value + way)));
  expect(all.filter((text) => !/^(refused|<(\[(undefined|null)?\]|null|none|undefined|)>)$/.test(text))).toEqual([]);
});

it.each([
  "process",
  "globalThis",
  "require",
  "import",
  "self",
  "this",
  "Function",
  "eval",
  "fetch",
  "config",
  "caller",
])("knows no %s", (name) => {
  expect(written(name)).toMatch(/^(<>|refused)$/);
});

it("takes in no other template, and what a message says is no template", () => {
  for (const template of ["{% include 'a' %}", "{% import 'a' as b %}", "{% extends 'a' %}", "{% from 'a' import b %}"])
    expect(() => chatFormat(template, {})(said)).toThrow(/^chatFormat: /);
  expect(chatFormat("{{ messages[0].content }}", {})(said)).toBe("Hi {{ 7 * 7 }}");
});

it("changes nothing of the messages, nor of what every object has", () => {
  const messages = [{ role: "user", content: "Hi" }];
  for (const template of [
    "{% set messages[0].content = 'x' %}",
    "{% set ns = namespace() %}{% set ns.__proto__ = messages %}{% set ns.constructor = 1 %}{{ ns.polluted }}",
    "{% set ns = namespace(__proto__={'polluted': 1}) %}",
    "{% for message in messages %}{{ message.update({'content': 'x'}) }}{% endfor %}",
    "{{ messages.append(1) }}{{ messages.pop() }}{{ messages.clear() }}",
  ])
    try {
      chatFormat(template, { bos_token: "<s>" })(messages);
    } catch (error) {
      expect((error as Error).message).toMatch(/^chatFormat: /);
    }
  expect(messages).toEqual([{ role: "user", content: "Hi" }]);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});
