/** The label that ties an EndpointSlice to an imported service (MCS API). */
export const IMPORTED_SERVICE_LABEL = 'multicluster.kubernetes.io/service-name'
/** The label that names the cluster an EndpointSlice comes from (MCS API). */
export const SOURCE_CLUSTER_LABEL = 'multicluster.kubernetes.io/source-cluster'
