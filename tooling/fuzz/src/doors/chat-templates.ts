import { chatFormat } from "@ropewalk/generation";
import { mutateText } from "../mutations/mutate-text.ts";
import { defineDoor } from "./define-door.ts";

const templates = [
  "{{ bos_token }}{% for message in messages %}{{ message.role }}: {{ message.content | trim }}\n{% endfor %}" +
    "{% if add_generation_prompt %}assistant:{% endif %}",
  "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}" +
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}" +
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  "{% set loop_messages = messages %}{% for message in loop_messages %}" +
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}" +
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}",
  "{%- set ns = namespace(found=false) -%}{%- macro line(role, text='') -%}[{{ role | upper }}] {{ text }}{%- endmacro -%}" +
    "{%- for message in messages -%}{%- if message.role == 'user' -%}{%- set ns.found = true -%}{%- endif -%}" +
    "{{ line(message.role, message.content) }}{%- if not loop.last %}, {% endif -%}{%- endfor -%}" +
    "{%- if not ns.found -%}{{ raise_exception('a user must speak') }}{%- endif -%}{{ messages | length }}",
];

const words = [
  ...["{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "|", ".", "[", "]", "(", ")", "'", '"', "~", "+", "*", "**"],
  ...["for x in range(10000000)", "endfor", "if", "endif", "set x = ", "namespace()", "macro m()", "endmacro"],
  ...["messages", "messages[0]", "loop.index", "message.content", "range(1e9)", "| join", "| tojson", "| length"],
  ..."| replace('','a') | upper | items | sort | map(attribute='role') | selectattr('role') | default(m)".split(" "),
  ...[".__proto__", ".constructor", "['constructor']['constructor']('return 1')()", ".split('')", "{{ m() }}"],
  ..."strftime_now('%Y') not in is none is defined else elif import include block extends call filter".split(" "),
];

const conversation = [
  { role: "system", content: "Be kind." },
  { role: "user", content: "Who are you?" },
  { role: "assistant", content: "A bird." },
  { role: "user", content: "{{ 7 * 7 }} é 🐦" },
];

export const chatTemplates = defineDoor<string>({
  name: "chat templates",
  seeds: () => templates,
  mutate: (template) => mutateText(template, words),
  call: (template) => chatFormat(template, { bos_token: "<s>", eos_token: { content: "</s>" } })(conversation),
});
