import { Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { DeviceInfo } from "../sessions/device-info.js";
import type { ApiContext } from "./context.js";

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
}

@Resolver(() => ServerInfo)
export class ServerInfoResolver {
  @Query(() => ServerInfo)
  server(@Ctx() { version, devices, limits }: ApiContext): ServerInfo {
    return { version, devices: devices(), ...limits };
  }
}
