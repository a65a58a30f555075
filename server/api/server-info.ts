import { Arg, Ctx, Field, FieldResolver, Float, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import { type LimitName, limitTable } from "../limits/table.js";
import type { DeviceInfo, RefusedDevice as RefusedDeviceInfo } from "../records/session.js";
import type { StepTime as StepTimeValue } from "../records/step-time.js";
import type { ApiContext } from "./context.js";
import { ExportFormat, LimitScope } from "./enums.js";
import type { OperationContext } from "./operation.js";

@ObjectType({ description: "A device that computes sessions." })
export class Device implements DeviceInfo {
  @Field(() => String, { description: "Name of the device, such as cpu." })
  name!: string;

  @Field(() => String, { description: "Engine that computes: onnx, tfjs or reference." })
  engine!: string;

  @Field(() => String, { description: "What the device is, for people." })
  description!: string;

  @Field(() => Float, {
    nullable: true,
    description: "Bytes of memory of the device's own; null where it computes in the machine's memory.",
  })
  memoryBytes!: number | null;

  @Field(() => [ID], { description: "Sessions that share the device now." })
  sessionIds!: string[];
}

@ObjectType({ description: "A device that was tried and is not used." })
export class RefusedDevice implements RefusedDeviceInfo {
  @Field(() => String, { description: "Name of the device, such as webgpu." })
  name!: string;

  @Field(() => String, { description: "Why it is not used." })
  reason!: string;
}

@ObjectType({ description: "How long a step of a painting takes at one size. The time grows about with the number of pixels." })
export class StepTime implements StepTimeValue {
  @Field(() => Int, { description: "Width times height of the picture." })
  pixels!: number;

  @Field(() => Float, { description: "Milliseconds to compute a step at best." })
  fastestMs!: number;

  @Field(() => Float, {
    description: "Milliseconds from one picture to the next where other work holds it up, such as the encoding of pictures.",
  })
  slowestMs!: number;
}

@ObjectType({ description: "A limit. What goes beyond it is refused with LIMIT, unless the description says otherwise." })
export class Limit {
  @Field(() => String, { description: "Name of the limit, such as uploadsPerMinute; refusals have it in their extensions as limitName." })
  name!: string;

  @Field(() => Float, { description: "The most that is allowed." })
  value!: number;

  @Field(() => String, { description: "Unit of the value, such as uploads/min." })
  unit!: string;

  @Field(() => LimitScope, { description: "What it counts for." })
  per!: LimitScope;

  @Field(() => String, { description: "What is limited." })
  description!: string;
}

@ObjectType({ description: "This server, its devices and its limits." })
export class ServerInfo {
  @Field(() => String, { description: "Version of the server." })
  version!: string;

  @Field(() => [RefusedDevice], { description: "Devices that were tried and are not used." })
  refusedDevices!: readonly RefusedDeviceInfo[];

  @Field(() => Int, { description: "Most pixels that an uploaded picture may have, unless it is a JPEG." })
  maxImagePixels!: number;

  @Field(() => Int, { description: "Most pixels that an uploaded JPEG may have: it is shrunk while it is loaded." })
  maxJpegPixels!: number;

  @Field(() => Int, { description: "Most bytes that an uploaded picture may have." })
  maxUploadBytes!: number;

  @Field(() => Int, { description: "Longest side of a painting in pixels; smaller where memory is short." })
  maxSize!: number;

  @Field(() => [ExportFormat], { description: "Formats of films that this server can make. MP4 and WEBM need ffmpeg on its PATH." })
  exportFormats!: ExportFormat[];

  @Field(() => Int, {
    nullable: true,
    description:
      "Hours after which the server deletes sessions and unused pictures of others than admins, counted from when they were\n" +
      "last started, painted or changed; null where it keeps them.",
  })
  retentionHours!: number | null;

  @Field(() => [Limit], { description: "Every limit with its value on this server. Those of owners do not apply to admins." })
  limits!: Limit[];
}

@Resolver(() => ServerInfo)
export class ServerInfoResolver {
  @Query(() => ServerInfo, { description: "Version, devices and limits of this server." })
  server(@Ctx() { version, refusedDevices, limits, maxSize, exports, allowances, retentionHours }: ApiContext): ServerInfo {
    const { maxImagePixels, maxJpegPixels, maxUploadBytes } = limits;
    const all = Object.entries(limitTable).map(([name, limit]) => ({ ...limit, name, value: allowances.values[name as LimitName] }));
    return {
      ...{ version, maxImagePixels, maxJpegPixels, maxUploadBytes, retentionHours },
      ...{ refusedDevices: refusedDevices(), maxSize: maxSize(), exportFormats: exports.formats, limits: all },
    };
  }

  /** Without access to a session, its id is nobody's business. */
  @FieldResolver(() => [Device], { description: "Devices that compute now; none while the device starts." })
  async devices(@Ctx() { devices, principal, storage }: OperationContext): Promise<DeviceInfo[]> {
    const all = devices();
    if (principal.reader === null) return all;
    const seen = await storage.sessions.findAll(all.flatMap(({ sessionIds }) => sessionIds));
    return all.map((device) => ({ ...device, sessionIds: device.sessionIds.filter((id) => seen.has(id)) }));
  }

  @FieldResolver(() => [StepTime], {
    nullable: true,
    description:
      "How long the steps of paintings take here, at small sizes, the smallest first. The server measures that by itself:\n" +
      "with its default model when it starts, with another one when it is first asked for, while it has no session. Null\n" +
      "until then, and for a model that is not READY or not for paintings; none where it cannot be measured.",
  })
  async stepTimes(
    @Arg("model", () => ID, { nullable: true, description: "Id of a feature model; the default one where it is left out." })
    model: string | null | undefined,
    @Ctx() { models, stepTimes }: OperationContext,
  ): Promise<readonly StepTimeValue[] | null> {
    const id = model ?? (await models.defaultFeatures());
    const found = id === null ? null : await models.find(id);
    return found?.task === "FEATURES" && found.state === "READY" ? stepTimes(found.id) : null;
  }
}
