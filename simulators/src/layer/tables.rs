//! Layer tables of well-known networks, batch 1, each shape once with the number of its occurrences.
//!
//! Layers without multiplications (pooling, normalisation, softmax) are not listed.

use super::{Layer, Network, Row};

/// Every network, sorted by name.
pub static NETWORKS: &[Network] = &[
    Network {
        name: "alexnet",
        doc: "AlexNet, 227 × 227; its grouped layers are two each (Krizhevsky et al. 2012).",
        rows: ALEXNET,
    },
    Network {
        name: "alexnet-conv",
        doc: "The five convolutions of AlexNet as Timeloop and ArchGym list them, halves of grouped layers joined.",
        rows: ALEXNET_CONV,
    },
    Network {
        name: "bert-base",
        doc: "BERT-base on 512 tokens, its twelve encoder blocks; attention by head (Devlin et al. 2019).",
        rows: BERT_BASE,
    },
    Network {
        name: "efficientnet-b0",
        doc: "EfficientNet-B0, 224 × 224, squeeze-and-excitation included (Tan and Le 2019).",
        rows: EFFICIENTNET_B0,
    },
    Network {
        name: "gpt2",
        doc: "GPT-2 small on 1024 tokens, with its output layer; attention by head (Radford et al. 2019).",
        rows: GPT2,
    },
    Network {
        name: "mobilenet-v2",
        doc: "MobileNetV2, 224 × 224 (Sandler et al. 2018).",
        rows: MOBILENET_V2,
    },
    Network { name: "resnet18", doc: "ResNet-18, 224 × 224 (He et al. 2016).", rows: RESNET18 },
    Network {
        name: "resnet50",
        doc: "ResNet-50, 224 × 224, strides in the 3 × 3 layers (He et al. 2016, v1.5).",
        rows: RESNET50,
    },
    Network { name: "vgg16", doc: "VGG-16, 224 × 224 (Simonyan and Zisserman 2015).", rows: VGG16 },
    Network {
        name: "vit-b16",
        doc: "ViT-B/16, 224 × 224, 197 tokens; attention by head (Dosovitskiy et al. 2021).",
        rows: VIT_B16,
    },
];

#[rustfmt::skip] // one row a line
const ALEXNET: &[Row] = &[
    Row::new("conv1", Layer::conv(96, 3, 55, 11).stride(4)),
    Row::new("conv2-group", Layer::conv(128, 48, 27, 5)).times(2),
    Row::new("conv3", Layer::conv(384, 256, 13, 3)),
    Row::new("conv4-group", Layer::conv(192, 192, 13, 3)).times(2),
    Row::new("conv5-group", Layer::conv(128, 192, 13, 3)).times(2),
    Row::new("fc6", Layer::gemm(1, 9216, 4096)),
    Row::new("fc7", Layer::gemm(1, 4096, 4096)),
    Row::new("fc8", Layer::gemm(1, 4096, 1000)),
];

#[rustfmt::skip] // one row a line
const ALEXNET_CONV: &[Row] = &[
    Row::new("conv1", Layer::conv(96, 3, 55, 11).stride(4)),
    Row::new("conv2", Layer::conv(256, 48, 27, 5)),
    Row::new("conv3", Layer::conv(384, 256, 13, 3)),
    Row::new("conv4", Layer::conv(384, 192, 13, 3)),
    Row::new("conv5", Layer::conv(256, 192, 13, 3)),
];

#[rustfmt::skip] // one row a line
const BERT_BASE: &[Row] = &[
    Row::new("query", Layer::gemm(512, 768, 768)).times(48),
    Row::new("scores", Layer::gemm(512, 64, 512)).times(144),
    Row::new("context", Layer::gemm(512, 512, 64)).times(144),
    Row::new("expand", Layer::gemm(512, 768, 3072)).times(12),
    Row::new("contract", Layer::gemm(512, 3072, 768)).times(12),
];

#[rustfmt::skip] // one row a line
const EFFICIENTNET_B0: &[Row] = &[
    Row::new("stem", Layer::conv(32, 3, 112, 3).stride(2)),
    Row::new("block1-depthwise", Layer::depthwise(32, 112, 3)),
    Row::new("block1-squeeze", Layer::gemm(1, 32, 8)),
    Row::new("block1-excite", Layer::gemm(1, 8, 32)),
    Row::new("block1-project", Layer::conv(16, 32, 112, 1)),
    Row::new("block2-expand", Layer::conv(96, 16, 112, 1)),
    Row::new("block2-depthwise", Layer::depthwise(96, 56, 3).stride(2)),
    Row::new("block2-squeeze", Layer::gemm(1, 96, 4)),
    Row::new("block2-excite", Layer::gemm(1, 4, 96)),
    Row::new("block2-project", Layer::conv(24, 96, 56, 1)),
    Row::new("block3-expand", Layer::conv(144, 24, 56, 1)).times(2),
    Row::new("block3-depthwise", Layer::depthwise(144, 56, 3)),
    Row::new("block3-squeeze", Layer::gemm(1, 144, 6)).times(2),
    Row::new("block3-excite", Layer::gemm(1, 6, 144)).times(2),
    Row::new("block3-project", Layer::conv(24, 144, 56, 1)),
    Row::new("block4-depthwise", Layer::depthwise(144, 28, 5).stride(2)),
    Row::new("block4-project", Layer::conv(40, 144, 28, 1)),
    Row::new("block5-expand", Layer::conv(240, 40, 28, 1)).times(2),
    Row::new("block5-depthwise", Layer::depthwise(240, 28, 5)),
    Row::new("block5-squeeze", Layer::gemm(1, 240, 10)).times(2),
    Row::new("block5-excite", Layer::gemm(1, 10, 240)).times(2),
    Row::new("block5-project", Layer::conv(40, 240, 28, 1)),
    Row::new("block6-depthwise", Layer::depthwise(240, 14, 3).stride(2)),
    Row::new("block6-project", Layer::conv(80, 240, 14, 1)),
    Row::new("block7-expand", Layer::conv(480, 80, 14, 1)).times(3),
    Row::new("block7-depthwise", Layer::depthwise(480, 14, 3)).times(2),
    Row::new("block7-squeeze", Layer::gemm(1, 480, 20)).times(3),
    Row::new("block7-excite", Layer::gemm(1, 20, 480)).times(3),
    Row::new("block7-project", Layer::conv(80, 480, 14, 1)).times(2),
    Row::new("block9-depthwise", Layer::depthwise(480, 14, 5)),
    Row::new("block9-project", Layer::conv(112, 480, 14, 1)),
    Row::new("block10-expand", Layer::conv(672, 112, 14, 1)).times(3),
    Row::new("block10-depthwise", Layer::depthwise(672, 14, 5)).times(2),
    Row::new("block10-squeeze", Layer::gemm(1, 672, 28)).times(3),
    Row::new("block10-excite", Layer::gemm(1, 28, 672)).times(3),
    Row::new("block10-project", Layer::conv(112, 672, 14, 1)).times(2),
    Row::new("block12-depthwise", Layer::depthwise(672, 7, 5).stride(2)),
    Row::new("block12-project", Layer::conv(192, 672, 7, 1)),
    Row::new("block13-expand", Layer::conv(1152, 192, 7, 1)).times(4),
    Row::new("block13-depthwise", Layer::depthwise(1152, 7, 5)).times(3),
    Row::new("block13-squeeze", Layer::gemm(1, 1152, 48)).times(4),
    Row::new("block13-excite", Layer::gemm(1, 48, 1152)).times(4),
    Row::new("block13-project", Layer::conv(192, 1152, 7, 1)).times(3),
    Row::new("block16-depthwise", Layer::depthwise(1152, 7, 3)),
    Row::new("block16-project", Layer::conv(320, 1152, 7, 1)),
    Row::new("head", Layer::conv(1280, 320, 7, 1)),
    Row::new("classifier", Layer::gemm(1, 1280, 1000)),
];

#[rustfmt::skip] // one row a line
const GPT2: &[Row] = &[
    Row::new("query", Layer::gemm(1024, 768, 768)).times(48),
    Row::new("scores", Layer::gemm(1024, 64, 1024)).times(144),
    Row::new("context", Layer::gemm(1024, 1024, 64)).times(144),
    Row::new("expand", Layer::gemm(1024, 768, 3072)).times(12),
    Row::new("contract", Layer::gemm(1024, 3072, 768)).times(12),
    Row::new("logits", Layer::gemm(1024, 768, 50257)),
];

#[rustfmt::skip] // one row a line
const MOBILENET_V2: &[Row] = &[
    Row::new("stem", Layer::conv(32, 3, 112, 3).stride(2)),
    Row::new("block1-depthwise", Layer::depthwise(32, 112, 3)),
    Row::new("block1-project", Layer::conv(16, 32, 112, 1)),
    Row::new("block2-expand", Layer::conv(96, 16, 112, 1)),
    Row::new("block2-depthwise", Layer::depthwise(96, 56, 3).stride(2)),
    Row::new("block2-project", Layer::conv(24, 96, 56, 1)),
    Row::new("block3-expand", Layer::conv(144, 24, 56, 1)).times(2),
    Row::new("block3-depthwise", Layer::depthwise(144, 56, 3)),
    Row::new("block3-project", Layer::conv(24, 144, 56, 1)),
    Row::new("block4-depthwise", Layer::depthwise(144, 28, 3).stride(2)),
    Row::new("block4-project", Layer::conv(32, 144, 28, 1)),
    Row::new("block5-expand", Layer::conv(192, 32, 28, 1)).times(3),
    Row::new("block5-depthwise", Layer::depthwise(192, 28, 3)).times(2),
    Row::new("block5-project", Layer::conv(32, 192, 28, 1)).times(2),
    Row::new("block7-depthwise", Layer::depthwise(192, 14, 3).stride(2)),
    Row::new("block7-project", Layer::conv(64, 192, 14, 1)),
    Row::new("block8-expand", Layer::conv(384, 64, 14, 1)).times(4),
    Row::new("block8-depthwise", Layer::depthwise(384, 14, 3)).times(4),
    Row::new("block8-project", Layer::conv(64, 384, 14, 1)).times(3),
    Row::new("block11-project", Layer::conv(96, 384, 14, 1)),
    Row::new("block12-expand", Layer::conv(576, 96, 14, 1)).times(3),
    Row::new("block12-depthwise", Layer::depthwise(576, 14, 3)).times(2),
    Row::new("block12-project", Layer::conv(96, 576, 14, 1)).times(2),
    Row::new("block14-depthwise", Layer::depthwise(576, 7, 3).stride(2)),
    Row::new("block14-project", Layer::conv(160, 576, 7, 1)),
    Row::new("block15-expand", Layer::conv(960, 160, 7, 1)).times(3),
    Row::new("block15-depthwise", Layer::depthwise(960, 7, 3)).times(3),
    Row::new("block15-project", Layer::conv(160, 960, 7, 1)).times(2),
    Row::new("block17-project", Layer::conv(320, 960, 7, 1)),
    Row::new("head", Layer::conv(1280, 320, 7, 1)),
    Row::new("classifier", Layer::gemm(1, 1280, 1000)),
];

#[rustfmt::skip] // one row a line
const RESNET18: &[Row] = &[
    Row::new("conv1", Layer::conv(64, 3, 112, 7).stride(2)),
    Row::new("conv2-1a", Layer::conv(64, 64, 56, 3)).times(4),
    Row::new("conv3-1a", Layer::conv(128, 64, 28, 3).stride(2)),
    Row::new("conv3-1b", Layer::conv(128, 128, 28, 3)).times(3),
    Row::new("conv3-1-shortcut", Layer::conv(128, 64, 28, 1).stride(2)),
    Row::new("conv4-1a", Layer::conv(256, 128, 14, 3).stride(2)),
    Row::new("conv4-1b", Layer::conv(256, 256, 14, 3)).times(3),
    Row::new("conv4-1-shortcut", Layer::conv(256, 128, 14, 1).stride(2)),
    Row::new("conv5-1a", Layer::conv(512, 256, 7, 3).stride(2)),
    Row::new("conv5-1b", Layer::conv(512, 512, 7, 3)).times(3),
    Row::new("conv5-1-shortcut", Layer::conv(512, 256, 7, 1).stride(2)),
    Row::new("fc", Layer::gemm(1, 512, 1000)),
];

#[rustfmt::skip] // one row a line
const RESNET50: &[Row] = &[
    Row::new("conv1", Layer::conv(64, 3, 112, 7).stride(2)),
    Row::new("conv2-1a", Layer::conv(64, 64, 56, 1)),
    Row::new("conv2-1b", Layer::conv(64, 64, 56, 3)).times(3),
    Row::new("conv2-1c", Layer::conv(256, 64, 56, 1)).times(4),
    Row::new("conv2-2a", Layer::conv(64, 256, 56, 1)).times(2),
    Row::new("conv3-1a", Layer::conv(128, 256, 56, 1)),
    Row::new("conv3-1b", Layer::conv(128, 128, 28, 3).stride(2)),
    Row::new("conv3-1c", Layer::conv(512, 128, 28, 1)).times(4),
    Row::new("conv3-1-shortcut", Layer::conv(512, 256, 28, 1).stride(2)),
    Row::new("conv3-2a", Layer::conv(128, 512, 28, 1)).times(3),
    Row::new("conv3-2b", Layer::conv(128, 128, 28, 3)).times(3),
    Row::new("conv4-1a", Layer::conv(256, 512, 28, 1)),
    Row::new("conv4-1b", Layer::conv(256, 256, 14, 3).stride(2)),
    Row::new("conv4-1c", Layer::conv(1024, 256, 14, 1)).times(6),
    Row::new("conv4-1-shortcut", Layer::conv(1024, 512, 14, 1).stride(2)),
    Row::new("conv4-2a", Layer::conv(256, 1024, 14, 1)).times(5),
    Row::new("conv4-2b", Layer::conv(256, 256, 14, 3)).times(5),
    Row::new("conv5-1a", Layer::conv(512, 1024, 14, 1)),
    Row::new("conv5-1b", Layer::conv(512, 512, 7, 3).stride(2)),
    Row::new("conv5-1c", Layer::conv(2048, 512, 7, 1)).times(3),
    Row::new("conv5-1-shortcut", Layer::conv(2048, 1024, 7, 1).stride(2)),
    Row::new("conv5-2a", Layer::conv(512, 2048, 7, 1)).times(2),
    Row::new("conv5-2b", Layer::conv(512, 512, 7, 3)).times(2),
    Row::new("fc", Layer::gemm(1, 2048, 1000)),
];

#[rustfmt::skip] // one row a line
const VGG16: &[Row] = &[
    Row::new("conv1-1", Layer::conv(64, 3, 224, 3)),
    Row::new("conv1-2", Layer::conv(64, 64, 224, 3)),
    Row::new("conv2-1", Layer::conv(128, 64, 112, 3)),
    Row::new("conv2-2", Layer::conv(128, 128, 112, 3)),
    Row::new("conv3-1", Layer::conv(256, 128, 56, 3)),
    Row::new("conv3-2", Layer::conv(256, 256, 56, 3)).times(2),
    Row::new("conv4-1", Layer::conv(512, 256, 28, 3)),
    Row::new("conv4-2", Layer::conv(512, 512, 28, 3)).times(2),
    Row::new("conv5-1", Layer::conv(512, 512, 14, 3)).times(3),
    Row::new("fc6", Layer::gemm(1, 25088, 4096)),
    Row::new("fc7", Layer::gemm(1, 4096, 4096)),
    Row::new("fc8", Layer::gemm(1, 4096, 1000)),
];

#[rustfmt::skip] // one row a line
const VIT_B16: &[Row] = &[
    Row::new("patches", Layer::conv(768, 3, 14, 16).stride(16)),
    Row::new("query", Layer::gemm(197, 768, 768)).times(48),
    Row::new("scores", Layer::gemm(197, 64, 197)).times(144),
    Row::new("context", Layer::gemm(197, 197, 64)).times(144),
    Row::new("expand", Layer::gemm(197, 768, 3072)).times(12),
    Row::new("contract", Layer::gemm(197, 3072, 768)).times(12),
    Row::new("head", Layer::gemm(1, 768, 1000)),
];
