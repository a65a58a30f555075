import { Ctx, Field, Float, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { DeviceInfo, RefusedDevice as RefusedDeviceInfo } from "../records/session.js";
import type { ApiContext } from "./context.js";
import { ExportFormat } from "./enums.js";

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

@ObjectType({ description: "This server, its devices and its limits." })
export class ServerInfo {
  @Field(() => String, { description: "Version of the server." })
  version!: string;

  @Field(() => [Device], { description: "Devices that compute now; none while the device starts." })
  devices!: DeviceInfo[];

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
}

@Resolver(() => ServerInfo)
export class ServerInfoResolver {
  @Query(() => ServerInfo, { description: "Version, devices and limits of this server." })
  server(@Ctx() { version, devices, refusedDevices, limits, maxSize, exports }: ApiContext): ServerInfo {
    return { version, devices: devices(), refusedDevices: refusedDevices(), ...limits, maxSize: maxSize(), exportFormats: exports.formats };
  }
}
