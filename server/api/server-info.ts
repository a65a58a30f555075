import { Ctx, Field, ID, Int, ObjectType, Query, Resolver } from "type-graphql";
import { styleTransferNumbers } from "../art/settings.js";
import type { ApiContext, DeviceInfo } from "./context.js";

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

  @Field(() => Int)
  maxSize!: number;
}

@Resolver(() => ServerInfo)
export class ServerInfoResolver {
  @Query(() => ServerInfo)
  server(@Ctx() { version, devices, uploadLimits }: ApiContext): ServerInfo {
    return { version, devices: devices(), ...uploadLimits, maxSize: styleTransferNumbers.size.max };
  }
}
