// The functions' subnets and security groups; without subnets they run outside any VPC.
const { list } = require("./parameters.cjs");

module.exports = async ({ resolveVariable }) => {
  const subnetIds = list(await resolveVariable("param:vpcSubnetIds"));
  const securityGroupIds = list(await resolveVariable("param:vpcSecurityGroupIds"));
  return subnetIds.length === 0 ? null : { subnetIds, securityGroupIds };
};
