/** Templates that somebody else wrote: within their limits they give what Jinja's library gives, and each of them ends. */
import { Template } from "@huggingface/jinja";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { chatFormat, type ChatMessage } from "../../src/index.ts";
import { published } from "../chat-templates.ts";
import { startLimits } from "../within-limits.ts";

const conversation: readonly ChatMessage[] = [
  { role: "system", content: "Be brief.\n" },
  { role: "user", content: "  Who is Lily?\nAnd Tim? " },
  { role: "assistant", content: "<think>hm</think>Children." },
  { role: "user", content: "Where?" },
];

const names = { bos_token: "<s>", eos_token: "</s>" };

describe("within its limits", () => {
  it.each(Object.entries(published))("%s is as the library renders it", (_, template) => {
    const expected = new Template(template).render({
      ...names,
      messages: conversation,
      tools: null,
      documents: null,
      add_generation_prompt: true,
    });
    expect(chatFormat(template, names)(conversation)).toBe(expected);
    expect(expected.length).toBeGreaterThan(50);
  });

  it("any expression is as the library renders it, or refused as it does", () => {
    const atoms = [
      "1",
      "2.5",
      "'a b'",
      "'xyz'",
      "[1, 2]",
      "[]",
      "{'k': 'v'}",
      "none",
      "true",
      "absent",
      "messages",
      "messages[0].content",
    ];
    const atom = fc.constantFrom(...atoms);
    const expression = fc.letrec<{ readonly all: string }>((tie) => ({
      all: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        atom,
        fc
          .tuple(
            tie("all"),
            fc.constantFrom("+", "~", "-", "*", "==", "!=", "in", "not in", "and", "or", "<"),
            tie("all"),
          )
          .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
        fc
          .tuple(
            tie("all"),
            fc.constantFrom(
              "trim",
              "upper",
              "length",
              "tojson",
              "string",
              "list",
              "join('-')",
              "first",
              "last",
              "reverse",
              "replace('a', 'bb')",
              "indent(2)",
              "int",
              "default('d')",
              "sort",
              "unique",
              "items",
              "selectattr('role', 'equalto', 'user')",
              "map(attribute='role')",
              "tojson(indent=1)",
            ),
          )
          .map(([a, filter]) => `(${a})|${filter}`),
        fc
          .tuple(
            tie("all"),
            fc.constantFrom(
              ".strip()",
              ".split(' ')",
              "[0]",
              "[1:]",
              ".k",
              ".items()",
              ".get('k')",
              ".startswith('a')",
              ".upper()",
              "['replace']('x', 'y')",
            ),
          )
          .map(([a, method]) => `(${a})${method}`),
        fc
          .tuple(tie("all"), fc.constantFrom("defined", "none", "string", "lower", "mapping", "iterable", "odd"))
          .map(([a, test]) => `(${a} is not ${test})`),
        fc.tuple(tie("all"), tie("all"), tie("all")).map(([a, b, c]) => `(${a} if ${b} else ${c})`),
      ),
    })).all;
    const outcome = (run: () => string): string => {
      try {
        return run();
      } catch (error) {
        return `refused: ${(error instanceof Error ? error.message : String(error)).split("\n")[0]!.replace(/^chatFormat: .*?(roles [^:]*: |Jinja, got )/, "")}`;
      }
    };
    fc.assert(
      fc.property(expression, expression, (a, b) => {
        const template = `{{ ${a} }}|{% set x = ${b} %}{% for y in [x, 1] %}{{ y }}{{ loop.index }}{% endfor %}`;
        const given = { ...names, messages: conversation, tools: null, documents: null, add_generation_prompt: true };
        const expected = outcome(() => new Template(template).render(given));
        const got = outcome(() => chatFormat(template, names)(conversation));
        // Where the library fails by accident, the template is refused, or does what Jinja does.
        const accident = /Cannot (read|destructure)|is not iterable|^refused: \S+ is not a function/;
        // What it joins as JavaScript does is refused, as Python does.
        const joined = /^refused: what [+~] joins must be /;
        if (joined.test(got)) return;
        if (accident.test(expected)) expect(got).not.toMatch(accident);
        else if (expected.startsWith("refused: ")) expect(got).toMatch(/^refused: /);
        else expect(got).toBe(expected);
      }),
      { numRuns: 1500 },
    );
  });

  it("a long conversation is rendered", () => {
    const long = Array.from({ length: 3000 }, (_, index) => ({
      role: index % 2 === 0 ? "user" : "assistant",
      content: `${index}: ${"a line of a text\n".repeat(20)}`,
    }));
    for (const template of [published["ChatML"]!, published["Llama 2"]!, published["Llama 3.1"]!, published["Qwen 3"]!])
      expect(chatFormat(template, names)(long).length).toBeGreaterThan(900_000);
    const one = [{ role: "user", content: "a word or two\n".repeat(400_000) }];
    expect(chatFormat(published["ChatML"]!, names)(one).length).toBeGreaterThan(5_000_000);
  });
});

/** Each ends in the limits' error, or in an error of its own; none in what it asks for. */
const hostile: Readonly<Record<string, string>> = {
  "loops in loops": "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}",
  "loops in loops that write nothing": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
  "a long range": "{% for a in range(1000000000) %}{% endfor %}",
  "a long range, kept": "{% set x = range(99999999) %}",
  "a range of ranges": "{% for a in range(99999) %}{% set x = range(99999) %}{% endfor %}",
  "a text that doubles":
    "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
  "a text that doubles by +":
    "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
  "a text that doubles as a block":
    "{% set ns = namespace(x='a') %}{% for i in range(64) %}{% set y %}{{ ns.x }}{{ ns.x }}{% endset %}{% set ns.x = y %}{% endfor %}{{ ns.x }}",
  "a text written again and again":
    "{% set ns = namespace(x='a') %}{% for i in range(20) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{% for i in range(99999) %}{{ ns.x }}{% endfor %}",
  "a list that doubles":
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
  "a list of itself, written":
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
  "a list of itself, as JSON":
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson|length }}",
  "a list of itself, joined":
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|join('')|length }}",
  "a list of itself, beside a text":
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ('' ~ ns.x)|length }}",
  "a list of itself, compared with a text":
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == 'a' }}",
  "a list of itself, sorted":
    "{% set ns = namespace(x=[1]) %}{% for i in range(64) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|sort|length }}",
  "a namespace in itself": "{% set ns = namespace() %}{% set ns.x = ns %}{{ ns|tojson }}",
  "namespaces, each twice in one before":
    "{% set a = namespace() %}{% set b = namespace() %}{% set ns = namespace(x=a) %}{% for i in range(40) %}{% set n = namespace() %}{% set m = ns.x %}{% set m.l = n %}{% set m.r = n %}{% set ns.x = n %}{% endfor %}{{ a|tojson|length }}",
  "a replacement between letters":
    "{% set x = 'a' * 1 if false else 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' %}{% set ns = namespace(x=x) %}{% for i in range(16) %}{% set ns.x = ns.x.replace('', ns.x) %}{% endfor %}{{ ns.x|length }}",
  "a replacement by a method that was kept":
    "{% set ns = namespace(x='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') %}{% for i in range(16) %}{% set f = ns.x.replace %}{% set ns.x = f('a', ns.x) %}{% endfor %}{{ ns.x|length }}",
  "a replacement by a filter of a block":
    "{% set ns = namespace(x='aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') %}{% for i in range(16) %}{% set y %}{% filter replace('a', ns.x) %}{{ ns.x }}{% endfilter %}{% endset %}{% set ns.x = y %}{% endfor %}{{ ns.x|length }}",
  "a separator of a megabyte":
    "{% set ns = namespace(x='a') %}{% for i in range(20) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ range(99999)|join(ns.x)|length }}",
  "letters joined by a megabyte":
    "{% set ns = namespace(x='a') %}{% for i in range(18) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x|join(ns.x)|length }}",
  "lines that are indented far":
    "{% set ns = namespace(x='\\na') %}{% for i in range(16) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x|indent(99999999)|length }}",
  "JSON that is indented far": "{{ [[[[[[[[1]]]]]]]]|tojson(indent=99999999)|length }}",
  "texts split in a loop":
    "{% set ns = namespace(x='a ') %}{% for i in range(19) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{% for i in range(9999) %}{% set y = ns.x.split(' ') %}{% endfor %}",
  "texts searched in a loop":
    "{% set ns = namespace(x='a') %}{% for i in range(20) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{% set y = 'b' ~ ns.x[:500000] %}{% for i in range(99) %}{% if y in ns.x %}{% endif %}{% endfor %}",
  "a macro that calls itself": "{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}",
  "a macro that calls itself twice":
    "{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
  "a macro that is made in a loop": `{% for i in range(99999) %}{% macro f() %}${"{{ 1 }}".repeat(5000)}{% endmacro %}{% endfor %}`,
  "the date in a loop": "{% for i in range(99999999) %}{{ strftime_now('%B') }}{% endfor %}",
  "the date in a short loop": "{% for i in range(99999) %}{{ strftime_now('%B') }}{% endfor %}",
  "absent names in a loop":
    "{% for i in range(150000) %}{% if absent %}{% endif %}{{ also_absent }}{% endfor %}{% for i in range(150000) %}{{ absent }}{% endfor %}{% for i in range(150000) %}{{ absent }}{% endfor %}",
  "passes that go on": "{% for i in range(150000) %}{% continue %}{% endfor %}",
  "brackets in brackets": `{{ ${"(".repeat(50_000)}1${")".repeat(50_000)} }}`,
  "ifs in ifs": `${"{% if true %}".repeat(10_000)}${"{% endif %}".repeat(10_000)}`,
  "lists in lists": `{{ ${"[".repeat(9000)}${"]".repeat(9000)} }}`,
  "a sum of 50,000": `{{ 1${"+1".repeat(50_000)} }}`,
  "a choice of 50,000": `{{ ${"1 if a else ".repeat(15_000)}2 }}`,
  "a quarter of a million spaces": `${" ".repeat(250_000)}{{ 1 }}`,
  "a megabyte": "{{ 1 }}".repeat(150_000),
  "a template that never ends": "{{ 'a",
  "a tag that is none": "{% nothing %}",
  "sorting by a long path": `{% for i in range(999) %}{% set x = range(9999)|sort(attribute='${"a.".repeat(5000)}') %}{% endfor %}`,
};

describe("beyond its limits", () => {
  const limits = startLimits();
  afterAll(() => limits.stop());
  const run = (template: string, messages: readonly unknown[] = conversation) =>
    limits.run({ kind: "template", template, messages });

  it.each(Object.entries(hostile))("%s: ends, and is refused in words", async (_, template) => {
    const said = await run(template);
    expect(said).toMatch(/^RangeError: chatFormat: (the chat template|the messages) must .*, got /);
    expect(said).not.toMatch(/call stack|recursion|Invalid (string|array) length/);
  });

  it("is that it does more work than any template needs", async () => {
    const hi = [{ role: "user", content: "hi" }];
    // 2^24, and 64 for each character, of which the message and its values count as 128 more.
    expect(await run("{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}", hi)).toBe(
      `RangeError: chatFormat: the chat template must do at most ${2 ** 24 + 64 * (4 * 128 + 6)} units of work for the messages, got more, for roles user`,
    );
    expect(await run("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", hi)).toBe(
      "RangeError: chatFormat: the chat template must be nested at most 300 deep where it runs, got more, for roles user",
    );
  });
});
