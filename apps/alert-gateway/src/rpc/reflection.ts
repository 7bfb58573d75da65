import type { Server } from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { descriptorSet } from '@therapytrain/alerts-api';

/** Adds server reflection (v1 and v1alpha), so that grpcurl and the like need no files. Nothing else is loaded so. */
export const addReflection = (server: Server): void => {
  new ReflectionService(loadFileDescriptorSetFromBuffer(descriptorSet())).addToServer(server);
};
