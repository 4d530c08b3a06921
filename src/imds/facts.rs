//! Owns the facts of an instance that programs like to know. It refuses values that are no single line of text.

use super::visit::{self, Found, Visit};
use crate::error::Result;

/// Facts of an instance; what it hasn't got is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// `eu-central-1a`.
    pub availability_zone: Option<String>,
    /// `i-…`.
    pub instance_id: Option<String>,
    /// `t3.micro`.
    pub instance_type: Option<String>,
    /// The private IPv4 address.
    pub private_ip: Option<String>,
    /// The public IPv4 address.
    pub public_ip: Option<String>,
    /// The private DNS name.
    pub private_hostname: Option<String>,
    /// The public DNS name.
    pub public_hostname: Option<String>,
    /// The MAC address of the first network interface.
    pub mac: Option<String>,
    /// The VPC of that interface.
    pub vpc_id: Option<String>,
    /// The subnet of that interface.
    pub subnet_id: Option<String>,
}

/// Fetches all, side by side; only VPC and subnet have to wait for the MAC address.
pub(super) async fn fetch(visit: &Visit) -> Result<Facts> {
    let network = async {
        let Some(mac) = fact(visit, "mac").await? else { return Ok((None, None, None)) };
        if !mac.chars().all(|c| c.is_ascii_hexdigit() || c == ':') {
            return Err(visit::unreachable(visit.place(), "what should be a MAC address is none").into());
        }
        let of_interface = |name: &str| format!("network/interfaces/macs/{mac}/{name}");
        let (vpc, subnet) = (of_interface("vpc-id"), of_interface("subnet-id"));
        let (vpc, subnet) = tokio::try_join!(fact(visit, &vpc), fact(visit, &subnet))?;
        Ok((Some(mac), vpc, subnet))
    };
    let (zone, id, kind, private_ip, public_ip, private_name, public_name, (mac, vpc_id, subnet_id)) = tokio::try_join!(
        fact(visit, "placement/availability-zone"),
        fact(visit, "instance-id"),
        fact(visit, "instance-type"),
        fact(visit, "local-ipv4"),
        fact(visit, "public-ipv4"),
        fact(visit, "local-hostname"),
        fact(visit, "public-hostname"),
        network,
    )?;
    Ok(Facts {
        availability_zone: zone,
        instance_id: id,
        instance_type: kind,
        private_ip,
        public_ip,
        private_hostname: private_name,
        public_hostname: public_name,
        mac,
        vpc_id,
        subnet_id,
    })
}

async fn fact(visit: &Visit, name: &str) -> Result<Option<String>> {
    let Found::Answer(answer) = visit.get(&format!("/latest/meta-data/{name}")).await? else { return Ok(None) };
    let text = answer.text().map(str::trim).filter(|text| text.len() <= 1_024 && !text.contains(char::is_control));
    match text {
        Some("") => Ok(None),
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(visit::unreachable(visit.place(), &format!("its `{name}` is no line of text")).into()),
    }
}
