// The official TypeScript client, over stdio and HTTP, with the tools of all nine roles.
//
//   node typescript.mjs PROGRAM STORE PORT
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import assert from "node:assert";
import { execFileSync } from "node:child_process";

const [program, store, port] = process.argv.slice(2);
const roles = [
  "ceo", "cto", "chro", "operations_head", "product_manager", "senior_architect", "uiux_engineer", "senior_developer",
  "test_lead",
];
const context = {
  description: "Two more machines that build and test",
  impact: "A change is built in ten minutes",
  stakeholders: ["cto", "senior_developer"],
};

async function connected(transport, capabilities = {}) {
  const client = new Client({ name: "echo-tests", version: "1" }, { capabilities });
  await client.connect(transport);
  return client;
}

const stdio = (...door) =>
  new StdioClientTransport({ command: program, args: ["mcp", "--store", store, ...door], env: process.env });
const http = (path, ...door) => {
  const token = execFileSync(program, ["token", "--store", store, ...door], { encoding: "utf8" }).trim();
  return new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}${path}`), {
    requestInit: { headers: { Authorization: `Bearer ${token}` } },
  });
};

// Each role at its own door, both ways; answers are held against the published schemas by the client itself.
for (const role of roles) {
  for (const transport of [stdio("--role", role), http(`/mcp/${role}`, "--role", role)]) {
    const client = await connected(transport);
    const { tools } = await client.listTools();
    assert.ok(tools.length >= 16, `${role}: ${tools.length} tools`);
    const remembered = await client.callTool({
      name: "remember", arguments: { text: `Noted by ${role}`, tags: ["client"] },
    });
    assert.ok(!remembered.isError, JSON.stringify(remembered));
    const found = await client.callTool({ name: "recall", arguments: { words: "noted" } });
    assert.ok(!found.isError, JSON.stringify(found));
    await client.close();
  }
}

// Every role at one door.
for (const transport of [stdio(), http("/mcp")]) {
  const client = await connected(transport);
  const { tools } = await client.listTools();
  for (const role of roles) assert.ok(tools.some((tool) => tool.name === `${role}_decision_status`), role);
  const given = await client.callTool({
    name: "ceo_allocate_budget",
    arguments: { area: "engineering", amount_usd: 1000, purpose: "Build machines", context },
  });
  assert.equal(given.structuredContent.status, "approved", JSON.stringify(given));
  const { resources } = await client.listResources();
  for (const { uri } of resources) {
    const { contents } = await client.readResource({ uri });
    JSON.parse(contents[0].text);
  }
  const why = await client.readResource({ uri: `echo://decisions/${given.structuredContent.decision}/why` });
  JSON.parse(why.contents[0].text);
  const briefing = await client.getPrompt({ name: "briefing", arguments: { role: "cto" } });
  assert.match(briefing.messages[0].content.text, /You act as the cto/);
  await client.close();
}

// A decision for a person, asked through the client: the person types the code that the command line shows.
const approvals = () => JSON.parse(execFileSync(program, ["approvals", "--store", store, "--json"])).approvals;
for (const transport of [stdio("--role", "ceo"), http("/mcp/ceo", "--role", "ceo")]) {
  const client = await connected(transport, { elicitation: { form: {} } });
  let asked;
  client.setRequestHandler(ElicitRequestSchema, async (request) => {
    asked = request.params;
    const { code } = approvals().at(-1);
    return { action: "accept", content: { answer: "approve", code, note: "go ahead" } };
  });
  const given = await client.callTool({
    name: "allocate_budget",
    arguments: { area: "company", amount_usd: 2000000, purpose: "A new plant", context },
  });
  assert.match(asked.message, /waits for a person/);
  assert.ok(!JSON.stringify(asked).includes(approvals().at(-1)?.code ?? "none"), "the question holds no code");
  assert.equal(given.structuredContent.status, "approved", JSON.stringify(given));
  await client.close();
}

// People's own door, for a client that cannot ask.
const ceo = await connected(stdio("--role", "ceo"));
const waits = await ceo.callTool({
  name: "allocate_budget",
  arguments: { area: "company", amount_usd: 3000000, purpose: "Another plant", context },
});
assert.equal(waits.structuredContent.status, "escalated", JSON.stringify(waits));
await ceo.close();
for (const transport of [stdio("--person"), http("/mcp/person", "--person")]) {
  const client = await connected(transport);
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map((tool) => tool.name), ["list_waiting", "approve", "reject"]);
  const waiting = await client.callTool({ name: "list_waiting", arguments: {} });
  const [first] = waiting.structuredContent.waiting;
  if (first) {
    assert.ok(!("code" in first));
    const { code } = approvals().find((one) => one.approval === first.approval);
    const guessed = await client.callTool({ name: "approve", arguments: { id: first.approval, code: "0000-0000" } });
    assert.ok(guessed.isError, JSON.stringify(guessed));
    const said = await client.callTool({
      name: "reject", arguments: { id: first.approval, code, note: "not this year" },
    });
    assert.equal(said.structuredContent.status, "rejected", JSON.stringify(said));
  }
  await client.close();
}
console.log("the TypeScript client: well");
