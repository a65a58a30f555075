import {
  type GraphQLArgument,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import { expect, test } from "vitest";
import { buildApiSchema, emittedSchema } from "../../server/api/schema.js";
import { appOfFile, startSession } from "../helpers/app.js";

const running = appOfFile();

const types = Object.values(buildApiSchema().getTypeMap()).filter((type) => !type.name.startsWith("__") && !isSpecifiedScalarType(type));

test("every type, field, argument and enum value has a description", () => {
  const described = types.flatMap((type) => [
    { name: type.name, description: type.description },
    ...(isEnumType(type) ? type.getValues().map((value) => ({ ...value, name: `${type.name}.${value.name}` })) : []),
    ...(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type) ? Object.values(type.getFields()) : []).flatMap((field) => [
      { name: `${type.name}.${field.name}`, description: field.description },
      ...("args" in field ? [...field.args] : []).map((one: GraphQLArgument) => ({
        ...one,
        name: `${type.name}.${field.name}(${one.name})`,
      })),
    ]),
  ]);
  expect(described.filter(({ description }) => !description).map(({ name }) => name)).toEqual([]);
});

test("every number of the input states its range", () => {
  const inputs = types.filter(isInputObjectType).flatMap((type) => Object.values(type.getFields()).map((field) => ({ type, field })));
  const numbers = inputs.filter(({ field }) => ["Int", "Float"].includes(getNamedType(field.type).name));
  const vague = numbers.filter(({ field }) => !/From .+ to |[Aa]t least/.test(field.description ?? ""));
  expect(vague.map(({ type, field }) => `${type.name}.${field.name}`)).toEqual([]);
});

test("the server returns its schema", async () => {
  const response = await fetch(`${running.address}/schema.graphql`);
  expect([response.status, await response.text()]).toEqual([200, emittedSchema()]);
});

test("a frame leads to its session, and the session to its exports", async () => {
  const id = await startSession(running);
  await running.host.claim();
  await running.host.paint(id, 0);
  const query = "query ($id: ID!, $step: Int!) { frame(sessionId: $id, step: $step) { step session { id exports { id } } } }";
  expect(await running.client.query(query, { id, step: 0 })).toEqual({ frame: { step: 0, session: { id, exports: [] } } });
  expect(await running.client.query(query, { id, step: 7 })).toEqual({ frame: null });
});

test("a model lists its layers", async () => {
  const { models } = await running.client.query("{ models { id layers } }");
  expect(models.find(({ id }: { id: string }) => id === "vgg19").layers).toContain("conv4_2");
  expect(models.find(({ id }: { id: string }) => id === "horse2zebra").layers).toEqual([]);
});

test("a live translation ends as COMPLETED, even while it waits; a painting does not", async () => {
  const start = 'mutation { startTranslation(input: { model: "horse2zebra" }) { id } }';
  const end = "mutation ($id: ID!) { endSession(sessionId: $id) { status } }";
  const { id } = (await running.client.query(start)).startTranslation;
  expect(await running.client.query(end, { id })).toEqual({ endSession: { status: "COMPLETED" } });
  expect(await running.client.refusal(end, { id })).toEqual({ code: "CONFLICT", field: "sessionId" });
  const other = (await running.client.query(start)).startTranslation.id;
  expect(await running.host.claim()).toBe(other);
  expect(await running.client.query(end, { id: other })).toEqual({ endSession: { status: "COMPLETED" } });
  expect(await running.client.refusal(end, { id: await startSession(running) })).toEqual({ code: "CONFLICT", field: "sessionId" });
});
