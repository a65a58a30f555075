import { Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { DeviceInfo } from "../records/session.js";
import type { ApiContext } from "./context.js";
import { ExportFormat } from "./enums.js";

@ObjectType()
export class Device implements DeviceInfo {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  engine!: string;

  @Field(() => String)
  description!: string;

  @Field(() => [ID], { description: "Sessions that take turns on it." })
  sessionIds!: string[];
}

@ObjectType()
export class ServerInfo {
  @Field(() => String)
  version!: string;

  @Field(() => [Device])
  devices!: DeviceInfo[];

  @Field(() => Int)
  maxImagePixels!: number;

  @Field(() => Int)
  maxUploadBytes!: number;

  @Field(() => Int, { description: "Longest side of a painting in pixels; smaller where memory is short." })
  maxSize!: number;

  @Field(() => [ExportFormat], { description: "What this server can make of a session; MP4 and WEBM need ffmpeg on its PATH." })
  exportFormats!: ExportFormat[];
}

@Resolver(() => ServerInfo)
export class ServerInfoResolver {
  @Query(() => ServerInfo)
  server(@Ctx() { version, devices, limits, exports }: ApiContext): ServerInfo {
    return { version, devices: devices(), ...limits, exportFormats: exports.formats };
  }
}
