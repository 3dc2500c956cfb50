// The functions' subnets and security groups; without subnets they run outside any VPC.
const list = (text) =>
  String(text)
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);

module.exports = async ({ resolveVariable }) => {
  const subnetIds = list(await resolveVariable("param:vpcSubnetIds"));
  const securityGroupIds = list(await resolveVariable("param:vpcSecurityGroupIds"));
  return subnetIds.length === 0 ? null : { subnetIds, securityGroupIds };
};
