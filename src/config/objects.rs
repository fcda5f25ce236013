//! Where segments go beside the disk: flags and environment variables of object storage.

use crate::store::cloud::ObjectStorage;
use crate::store::objects::Location;
use std::time::Duration;

/// Everything an operator may set about object storage. Credentials come from `AWS_ACCESS_KEY_ID` and its like, or from the
/// machine's role, and are no flags.
#[derive(Debug, Clone, PartialEq, Eq, clap::Args)]
pub struct ObjectsConfig {
    /// Object storage that segments are sent to, `s3://BUCKET/PREFIX`, or `file:///FOLDER` for a folder that others see
    /// too. The disk then keeps those that are read.
    #[arg(long, env = "MUSTER_OBJECT_STORE", value_name = "URL", value_parser = Location::parse)]
    pub object_store: Option<Location>,
    /// Address of a service with buckets that is not AWS, such as `https://minio.example.com:9000`.
    #[arg(long, env = "MUSTER_OBJECT_STORE_ENDPOINT", value_name = "URL", value_parser = endpoint, requires = "object_store")]
    pub object_store_endpoint: Option<String>,
    /// Region of the bucket; without it that of `AWS_REGION`, else `us-east-1`.
    #[arg(long, env = "MUSTER_OBJECT_STORE_REGION", value_name = "REGION", requires = "object_store")]
    pub object_store_region: Option<String>,
    /// Bytes of segments that the disk keeps of those in object storage, and that queries may have there at once.
    #[arg(long, env = "MUSTER_SEGMENT_CACHE_BYTES", value_name = "BYTES", default_value_t = 16 << 30)]
    pub segment_cache_bytes: u64,
    /// Seconds that an object stays after its segment was replaced, for those who read it from elsewhere.
    #[arg(long, env = "MUSTER_OBJECT_KEEP_SECONDS", value_name = "SECONDS", default_value_t = 900)]
    pub object_keep_seconds: u64,
}

impl Default for ObjectsConfig {
    fn default() -> Self {
        Self {
            object_store: None,
            object_store_endpoint: None,
            object_store_region: None,
            segment_cache_bytes: 16 << 30,
            object_keep_seconds: 900,
        }
    }
}

impl ObjectsConfig {
    /// Object storage as the store uses it, if there is one.
    #[must_use]
    pub fn storage(&self) -> Option<ObjectStorage> {
        let mut location = self.object_store.clone()?;
        if let Location::Bucket { endpoint, region, .. } = &mut location {
            endpoint.clone_from(&self.object_store_endpoint);
            region.clone_from(&self.object_store_region);
        }
        Some(ObjectStorage {
            location,
            cache_bytes: self.segment_cache_bytes,
            question_bytes: self.segment_cache_bytes,
            keep: Duration::from_secs(self.object_keep_seconds),
        })
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    match url::Url::parse(text) {
        Ok(url) if ["http", "https"].contains(&url.scheme()) && url.has_host() => Ok(text.to_owned()),
        _ => Err("write an address such as https://minio.example.com:9000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        objects: ObjectsConfig,
    }

    fn parsed(arguments: &[&str]) -> Result<ObjectsConfig, String> {
        let command = Command::try_parse_from([&["muster"], arguments].concat());
        command.map(|command| command.objects).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_reach_the_bucket() {
        let flags = ["--object-store", "s3://lake/eu", "--object-store-endpoint", "http://127.0.0.1:9000"];
        let more =
            ["--object-store-region", "eu-1", "--segment-cache-bytes", "7", "--object-keep-seconds", "0"];
        let storage = parsed(&[&flags[..], &more[..]].concat()).expect("known flags").storage();
        let location = Location::Bucket {
            bucket: "lake".to_owned(),
            prefix: "eu".to_owned(),
            endpoint: Some("http://127.0.0.1:9000".to_owned()),
            region: Some("eu-1".to_owned()),
        };
        let expected = ObjectStorage { location, cache_bytes: 7, question_bytes: 7, keep: Duration::ZERO };
        assert_eq!(storage, Some(expected));
        assert_eq!(parsed(&[]).expect("nothing").storage(), None);
    }

    #[test]
    fn a_wrong_place_says_what_to_write() {
        for (flags, told) in [
            (vec!["--object-store", "lake"], "s3://BUCKET/PREFIX"),
            (vec!["--object-store", "s3://lake", "--object-store-endpoint", "minio:9000"], "https://"),
            (vec!["--object-store-endpoint", "http://127.0.0.1:9000"], "--object-store"),
        ] {
            let wrong = parsed(&flags).expect_err("wrong");
            assert!(wrong.contains(told), "{wrong}");
        }
    }
}
