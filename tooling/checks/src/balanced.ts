/**
 * Tries examples/balanced: two `ropewalk serve` behind nginx. The second question about a document goes where it was read, which the
 * cached tokens of its usage show; one server that ends leaves its documents to the other. Needs nginx (in Debian `apt-get install nginx`).
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { check } from "@ropewalk/check";
import { passkey875k } from "@ropewalk/tiny-models";
import { freePort } from "@ropewalk/testing/free-port";
import { hasEnded } from "@ropewalk/testing/has-ended";

const cli = ["--conditions=@ropewalk/source", "apps/cli/src/main.ts", "serve"];
const method = ["--method", "self-extend", "--group-size", "16", "--window", "64"];

/** The shipped model with a chat template: a document is a message, whose end a server keeps. */
const modelIn = (folder: string): string => {
  const path = join(folder, "model");
  cpSync(fileURLToPath(passkey875k.url), path, { recursive: true });
  writeFileSync(
    join(path, "chat_template.jinja"),
    "{% for message in messages %}{{ message.content }} {% endfor %}{% if add_generation_prompt %}the pass key is{% endif %}",
  );
  return path;
};

/** A process, what it said, and whether it has ended by itself. */
const start = (command: string, args: readonly string[]) => {
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ROPEWALK_API_KEY: "" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += String(text)));
  child.on("error", (error) => (said += String(error)));
  return { child, said: () => said };
};

const answers = async (url: string, { child, said }: ReturnType<typeof start>): Promise<void> => {
  for (let tries = 0; tries < 600; tries++) {
    check(!hasEnded(child) && child.pid !== undefined, `${child.spawnargs[0]} must run`, said());
    const isThere = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return;
    await wait(100);
  }
  throw new Error(`${url} must answer within a minute, got ${said()}`);
};

const end = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child) || child.pid === undefined) return;
  child.kill("SIGTERM");
  await once(child, "exit");
};

const sentences = ["the sky is blue today .", "a bird was quiet near the sea .", "our house remains warm at night ."];

/** Some 6,000 characters; documents begin differently, by their number in base 3. */
const documentOf = (number: number): string => {
  const digits = number.toString(3).padStart(4, "0");
  return [...digits.repeat(60)].map((digit) => sentences[Number(digit)]).join(" ");
};

type Answer = { readonly by: string; readonly prompt: number; readonly cached: number };

type Usage = {
  readonly prompt_tokens: number;
  readonly prompt_tokens_details?: { readonly cached_tokens?: number };
};

const answerOf = (response: Response, usage: Usage): Answer => ({
  by: response.headers.get("x-served-by")!,
  prompt: usage.prompt_tokens,
  cached: usage.prompt_tokens_details?.cached_tokens ?? 0,
});

const request = async (url: string, body: object, beginning: string | undefined): Promise<Response> => {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(beginning !== undefined && { "x-beginning": beginning }) },
    body: JSON.stringify({ model: "passkey", ...body }),
  });
  check(response.ok, "a question must be answered", `${response.status} ${response.ok ? "" : await response.text()}`);
  return response;
};

/** As clients write it: the document first. */
const messagesOf = (document: string, question: string): object => ({
  messages: [
    { role: "system", content: document },
    { role: "user", content: question },
  ],
});

const ask = async (url: string, document: string, question: string, beginning?: string): Promise<Answer> => {
  const response = await request(url, { ...messagesOf(document, question), temperature: 0, max_tokens: 3 }, beginning);
  return answerOf(response, ((await response.json()) as { readonly usage: Usage }).usage);
};

/** As it streams; more than one event must come, one by one. */
const askStreamed = async (url: string, document: string, question: string): Promise<Answer> => {
  const asked = {
    ...messagesOf(document, question),
    temperature: 0,
    max_tokens: 8,
    stream: true,
    stream_options: { include_usage: true },
  };
  const response = await request(url, asked, undefined);
  let text = "";
  let reads = 0;
  for await (const bytes of response.body!) {
    text += new TextDecoder().decode(bytes as Uint8Array);
    reads += 1;
  }
  check(reads > 1 && text.trimEnd().endsWith("data: [DONE]"), "a stream must come in pieces, to its end", reads);
  const events = text
    .split("\n\n")
    .flatMap((event) => (event.startsWith("data: {") ? [JSON.parse(event.slice(6)) as object] : []));
  return answerOf(response, (events.at(-1) as { readonly usage: Usage }).usage);
};

const configFor = (folder: string, values: Readonly<Record<string, string>>): string => {
  const template = readFileSync("examples/balanced/balanced.conf.template", "utf8");
  const filled = template.replace(/\$\{(\w+)\}/g, (_, name: string) => {
    check(Object.hasOwn(values, name), `the template must ask for ${Object.keys(values).join(", ")}`, name);
    return values[name]!;
  });
  writeFileSync(join(folder, "balanced.conf"), filled);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `daemon off;\nmaster_process off;\npid ${folder}/nginx.pid;\nerror_log stderr;\nevents {}\n` +
      `http {\naccess_log off;\n${paths.join("\n")}\ninclude balanced.conf;\n}\n`,
  );
  return config;
};

const print = (what: string, { by, prompt, cached }: Answer): void =>
  console.log(`${what.padEnd(34)} ${by.padEnd(16)} ${String(prompt).padStart(5)} tokens, ${cached} of them cached`);

const trial = async (url: string, endServer: (address: string) => Promise<void>): Promise<void> => {
  const read = new Map<string, { readonly document: string; readonly name: string }>();
  for (let number = 0; number < 32 && read.size < 2; number++) {
    const document = documentOf(number * 7);
    const first = await ask(url, document, "what is the pass key ?");
    print(`document ${number}, first question`, first);
    read.set(first.by, { document, name: `document ${number}` });
    const second = await askStreamed(url, document, "remember it .");
    print(`document ${number}, second question`, second);
    check(second.by === first.by, "the second question must go where the document was read", second.by);
    check(
      second.cached > 0.8 * second.prompt,
      "of its tokens most must be cached",
      `${second.cached} of ${second.prompt}`,
    );
  }
  check(read.size === 2, "both servers must get documents", read.size);

  const named = [await ask(url, "the sky is", "blue", "a letter"), await ask(url, "a bird was", "quiet", "a letter")];
  named.forEach((answer) => print("by the header x-beginning", answer));
  check(named[0]!.by === named[1]!.by, "what the client names alike must go to one server", named[1]!.by);

  const [[gone, { document, name }], [left]] = [...read] as [
    [string, { document: string; name: string }],
    [string, unknown],
  ];
  await endServer(gone);
  const third = await ask(url, document, "it is");
  print(`${name}, its server ended`, { ...third, by: third.by.split(", ").at(-1)! });
  check(third.by.endsWith(left), "a question must be answered by the server that is left", third.by);
};

const folder = mkdtempSync(join(tmpdir(), "ropewalk-balanced-"));
const running: ChildProcess[] = [];
try {
  const ports = [await freePort(), await freePort()];
  const model = `passkey=${modelIn(folder)}`;
  const servers = ports.map((port) => start(process.execPath, [...cli, model, ...method, "--port", String(port)]));
  running.push(...servers.map(({ child }) => child));
  await Promise.all(servers.map((server, index) => answers(`http://127.0.0.1:${ports[index]}/health`, server)));

  const [first, second] = ports.map((port) => `127.0.0.1:${port}`);
  const listen = `127.0.0.1:${await freePort()}`;
  const config = configFor(folder, { FIRST: first!, SECOND: second!, LISTEN: listen });
  const nginx = start("nginx", ["-p", folder, "-c", config]);
  running.push(nginx.child);
  await answers(`http://${listen}/health`, nginx);

  await trial(`http://${listen}`, (address) => end(servers[address === first ? 0 : 1]!.child));
} finally {
  await Promise.all(running.map(end));
  rmSync(folder, { recursive: true, force: true });
}
